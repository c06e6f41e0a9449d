import { type CallState, KEY_MISSING, TOKEN_LOST } from '../model/call.js';
import type { ListedCall } from './inbox.port.js';

/** The facts of a row that the pending list names again. */
export interface KnownCall {
  readonly digest: string;
  readonly sourceId: string | null | undefined;
  readonly state: CallState;
  readonly reason: string | null | undefined;
}

/**
 * Whether a call goes on as soon as its token comes again: one that ended because its token was gone, could not be opened, or
 * was never answered in time, and one that waits for a key that opens its token.
 */
export const goesOnWithToken = (state: CallState, reason: string | null | undefined): boolean =>
  state === 'expired' ||
  (state === 'ambiguous' && reason === TOKEN_LOST) ||
  (state === 'pending' && reason === KEY_MISSING);

/**
 * What to do with a known call that the pending list names: `reopen` one that goes on with its token, an ambiguous one of
 * which the list says something new (Meveto's id for a call that had none, or a fresh token), and a rejected one with a
 * fresh token; `name` one by its id, or `leave` it.
 */
export function whenListedAgain(known: KnownCall, listed: ListedCall): 'reopen' | 'name' | 'leave' {
  const isUnnamed = (known.sourceId ?? null) === null;
  if (!isUnnamed && known.sourceId !== listed.sourceId) return 'leave';
  if (canReopen(known, isUnnamed, !isSameToken(known.digest, listed))) return 'reopen';
  return isUnnamed ? 'name' : 'leave';
}

export type Digests = Pick<ListedCall, 'digest' | 'earlierDigests'>;

/** The digests of a call's token, by the current key and earlier ones. */
export const digestsOf = ({ digest, earlierDigests = [] }: Digests): string[] => [digest, ...earlierDigests];

/** Whether a digest is that of the call's token, by the current key or an earlier one. */
export const isSameToken = (digest: string, call: Digests): boolean => digestsOf(call).includes(digest);

const canReopen = ({ state, reason }: KnownCall, isUnnamed: boolean, isNewToken: boolean): boolean =>
  goesOnWithToken(state, reason) ||
  (state === 'ambiguous' && (isUnnamed || isNewToken)) ||
  (state === 'rejected' && isNewToken);
