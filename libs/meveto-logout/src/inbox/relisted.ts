import type { CallState } from '../model/call.js';
import type { ListedCall } from './inbox.port.js';

/** The facts of a row that the pending list names again. */
export interface KnownCall {
  readonly digest: string;
  readonly sourceId: string | null | undefined;
  readonly state: CallState;
}

/**
 * What to do with a known call that the pending list names: `reopen` an ambiguous or expired one of which the list says
 * something new (Meveto's id for a call that had none, or a fresh token), and a rejected one with a fresh token; `name`
 * one by its id, or `leave` it.
 */
export function whenListedAgain(known: KnownCall, listed: ListedCall): 'reopen' | 'name' | 'leave' {
  const isUnnamed = (known.sourceId ?? null) === null;
  if (!isUnnamed && known.sourceId !== listed.sourceId) return 'leave';
  if (canReopen(known.state, isUnnamed, !isSameToken(known.digest, listed))) return 'reopen';
  return isUnnamed ? 'name' : 'leave';
}

/** Whether a digest is that of the listed token, by the current key or an earlier one. */
export const isSameToken = (
  digest: string,
  { digest: current, earlierDigests = [] }: Pick<ListedCall, 'digest' | 'earlierDigests'>,
): boolean => digest === current || earlierDigests.includes(digest);

const canReopen = (state: CallState, isUnnamed: boolean, isNewToken: boolean): boolean =>
  state === 'ambiguous' || state === 'expired' ? isUnnamed || isNewToken : state === 'rejected' && isNewToken;
