import type { Store } from 'nestjs-meveto-logout';
import type {
  ClaimedCall,
  IncomingCall,
  ListedCall,
  OpenedCalls,
} from '../../libs/meveto-logout/src/inbox/inbox.port.js';
import { type CallType, LOGGED_OUT, PROTECTION_REMOVED } from '../../libs/meveto-logout/src/model/call.js';
import { until } from '../support/until.js';

/** A store under test, with an application's users and access tokens around it. */
export interface OpenedStore {
  readonly store: Store;
  addUser(id: number, mevetoId: string): Promise<void>;
  /** What the application does when a person proves that an account is theirs, or takes that back. */
  link(userId: number, mevetoId: string | null): Promise<void>;
  mevetoIdOf(userId: number): Promise<string | null>;
  addToken(id: string, userId: number, issuedAt: number): Promise<void>;
  /** Ids of the access tokens that are not revoked, sorted. */
  liveTokens(): Promise<string[]>;
  /** Makes everything stored that much older. */
  passTime(ms: number): Promise<void>;
  /** Empties it. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Gives the store of the running test. */
export type Current = () => OpenedStore;

export const LEASE_MS = 10_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export const incoming = (name: string, type: CallType = LOGGED_OUT): IncomingCall => ({
  type,
  digest: `digest-${name}`,
  sealed: `sealed-${name}`,
  lane: 'stranger',
  sender: undefined,
});

export const removal = (name: string): IncomingCall => incoming(name, PROTECTION_REMOVED);

/** A call of the pending list: Meveto's id of it, its token, and when Meveto says it was made. */
export const listed = (sourceId: string, token: string, createdAt?: number): ListedCall => ({
  ...incoming(token),
  sourceId,
  createdAt,
});

export async function claimOne({ store }: OpenedStore, leaseMs = LEASE_MS): Promise<ClaimedCall> {
  const [call] = await store.inbox.claim(1, leaseMs);
  if (call === undefined) throw new Error('there is no call to claim');
  return call;
}

export async function receiveAndClaim(opened: OpenedStore, call: IncomingCall): Promise<ClaimedCall> {
  await opened.store.inbox.receive([call]);
  return claimOne(opened);
}

/** Receives a logout of this person and works on it. Resolves with when the person was logged out. */
export async function logOut(opened: OpenedStore, name: string, mevetoId: string): Promise<number> {
  const call = await receiveAndClaim(opened, incoming(name));
  const outcome = await opened.store.register.applyLogout(call, mevetoId);
  if (outcome.kind !== 'applied') throw new Error(`the logout ended as ${outcome.kind}`);
  return outcome.logout.loggedOutAt;
}

/** Ends a call as one whose token may have been used up by an attempt that nobody knows the outcome of. */
export async function endAmbiguous(opened: OpenedStore, name: string): Promise<void> {
  const call = await receiveAndClaim(opened, incoming(name));
  await opened.store.inbox.finish(call, { state: 'ambiguous', reason: 'test' });
}

/** Resolves once the store's clock shows a later millisecond. */
export async function nextMillisecond({ store }: OpenedStore): Promise<void> {
  const start = await store.register.now();
  await until('the next millisecond', async () => (await store.register.now()) > start);
}

export const summaryOf = async ({ store }: OpenedStore) => (await store.inbox.summary()).calls;

/** How many of the listed calls are to be worked on. */
export const openedBy = ({ newCount, reopenedCount }: OpenedCalls) => newCount + reopenedCount;
