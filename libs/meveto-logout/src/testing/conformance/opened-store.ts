import { setTimeout as delay } from 'node:timers/promises';
import {
  type ClaimedJob,
  type ExpiredJobs,
  type IncomingJob,
  type JobKind,
  type ListedJob,
  LOGOUT,
  type OpenedJobs,
  type Store,
  UNLINK,
} from '../../store/index.js';

/** A store under test, with users and access tokens of an application. */
export interface OpenedStore {
  readonly store: Store;
  addUser(id: number, mevetoId: string): Promise<void>;
  /** Links a Meveto ID to a user, or removes the link, as the application does. */
  link(userId: number, mevetoId: string | null): Promise<void>;
  mevetoIdOf(userId: number): Promise<string | null>;
  addToken(id: string, userId: number, issuedAt: number | null): Promise<void>;
  /** Ids of the access tokens that are not revoked, sorted. */
  liveTokens(): Promise<string[]>;
  /** Makes all stored rows older by this time. */
  passTime(ms: number): Promise<void>;
  /** Sets the store's clock ahead or back. */
  stepClock(ms: number): void;
  /** Starts again as another process, which knows only the stored rows. */
  restart(): Promise<void>;
  /** Empties the store, and resets its clock. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Returns the store of the running test. */
export type Current = () => OpenedStore;

export const LEASE_MS = 10_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export const incoming = (name: string, kind: JobKind = LOGOUT): IncomingJob => ({
  kind,
  digest: `digest-${name}`,
  sealed: `sealed-${name}`,
  priority: 'unknown',
  sender: undefined,
});

export const removal = (name: string): IncomingJob => incoming(name, UNLINK);

/** A listed webhook: Meveto's id, the token, and the time when Meveto created the webhook. */
export const listed = (sourceId: string, token: string, createdAt?: number): ListedJob => ({
  ...incoming(token),
  sourceId,
  createdAt,
});

export async function claimOne({ store }: OpenedStore, leaseMs = LEASE_MS): Promise<ClaimedJob> {
  const [job] = await store.inbox.claim(1, leaseMs);
  if (job === undefined) throw new Error('there is no job to claim');
  return job;
}

export async function receiveAndClaim(opened: OpenedStore, job: IncomingJob): Promise<ClaimedJob> {
  await opened.store.inbox.receive([job]);
  return claimOne(opened);
}

/** Receives and applies a logout of this Meveto ID. Resolves with the time of the logout. */
export async function logOut(opened: OpenedStore, name: string, mevetoId: string): Promise<number> {
  const job = await receiveAndClaim(opened, incoming(name));
  const outcome = await opened.store.logoutStore.applyLogout(job, mevetoId);
  if (outcome.kind !== 'applied') throw new Error(`the logout ended as ${outcome.kind}`);
  return outcome.logout.loggedOutAt;
}

/** Finishes a job as ambiguous, after an attempt of unknown outcome that may have used up the token. */
export async function endAmbiguous(opened: OpenedStore, name: string): Promise<void> {
  const job = await receiveAndClaim(opened, incoming(name));
  await opened.store.inbox.finish(job, { state: 'ambiguous', reason: 'test' });
}

/** Resolves once the store's clock shows a later millisecond. */
export async function nextMillisecond({ store }: OpenedStore): Promise<void> {
  const start = await store.logoutStore.now();
  while ((await store.logoutStore.now()) <= start) await delay(1);
}

export const summaryOf = async ({ store }: OpenedStore) => (await store.inbox.summary()).jobs;

/** The number of listed webhooks whose jobs are due. */
export const openedBy = ({ newCount, reopenedCount }: OpenedJobs) => newCount + reopenedCount;

/** The numbers of expired jobs. */
export const countsOf = ({ ids, outcomeUnknownIds, unknownKindCount }: ExpiredJobs) => ({
  count: ids.length,
  outcomeUnknownCount: outcomeUnknownIds.length,
  unknownKindCount,
});
