import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Ingest } from '../../libs/meveto-logout/src/inbox/ingest.js';
import { JobEvents } from '../../libs/meveto-logout/src/inbox/job-events.js';
import { JobLeases } from '../../libs/meveto-logout/src/inbox/leases.js';
import { tokenStorageOf } from '../../libs/meveto-logout/src/inbox/token-storage-of.js';
import type { ResolvedInbox } from '../../libs/meveto-logout/src/inbox/options.js';
import type { Inbox } from '../../libs/meveto-logout/src/store/sql/inbox.js';
import { LOGOUT, type ResolvedStore, UserToken } from '../../libs/meveto-logout/src/store/index.js';
import { type Keys, keysOf } from '../../libs/meveto-logout/src/core/open-keys.js';
import { incoming } from '../../libs/meveto-logout/src/testing/conformance/opened-store.js';
import { openTypeOrmStore, type OpenedTypeOrmStore } from '../contracts/typeorm-opened-store.js';
import { createTestDatabase, databaseKind } from '../support/database.js';
import { refuseRow } from '../support/refused-row.js';

const STORE_TIMEOUT_MS = 2_500;

describe(`a batch of webhooks with one row that cannot be written, on ${databaseKind}`, () => {
  let opened: OpenedTypeOrmStore;
  let keys: Keys;
  let ingest: Ingest;
  beforeEach(async () => {
    opened = await openTypeOrmStore(await createTestDatabase());
    keys = keysOf('client', 'secret');
    const { store } = opened;
    const options = { tokenStorage: 'sealed', maxWaitingPerPriority: 10_000 } as ResolvedInbox;
    const leases = new JobLeases(store, options);
    const tokens = tokenStorageOf(store, keys.cipher, leases, options);
    const storeOptions = { storeTimeoutMs: STORE_TIMEOUT_MS } as ResolvedStore;
    ingest = new Ingest(store, tokens, keys.digests, new JobEvents(), options, storeOptions);
  });
  afterEach(async () => {
    await opened.close();
  });

  const tokenOf = (index: number): UserToken => new UserToken(`token-${String(index)}`);
  const digestOf = (index: number): string => keys.digests.ofToken(tokenOf(index).reveal());
  const badDigest = (): string => digestOf(7);
  /** Receives the tokens at the same time. Resolves with the indexes of those that were not acknowledged. */
  async function receive(count: number): Promise<readonly number[]> {
    const accepted = Array.from({ length: count }, (_, index) => ingest.accept(LOGOUT, tokenOf(index)));
    const outcomes = await Promise.allSettled(accepted);
    return outcomes.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []));
  }
  const storedCount = async (): Promise<number> => (await opened.store.inbox.summary()).jobs.pending;

  it.each([64, 256])('acknowledges the others of %d, when a trigger refuses it', async (count) => {
    await refuseRow(opened.dataSource, 'INSERT', badDigest());
    expect(await receive(count)).toEqual([7]);
    expect(await storedCount()).toBe(count - 1);
  });

  if (databaseKind === 'SQLite') return;

  /** Inserts a job in a transaction that stays open. Resolves with the function that rolls it back. */
  async function lock(digest: string): Promise<() => Promise<void>> {
    const runner = opened.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query(
      `INSERT INTO meveto_logout_jobs (id, digest, kind, state, priority, received_at, occurred_at, due_at, fence, attempts, unknown_attempts, client_errors)
        VALUES ('00000000-0000-4000-8000-000000000000', '${digest}', 'logout', 'pending', 2, 1, 1, 1, 0, 0, 0, 0)`,
    );
    return async () => {
      await runner.rollbackTransaction();
      await runner.release();
    };
  }

  it('acknowledges the others, when a CHECK constraint refuses it', async () => {
    await opened.dataSource.query(
      `ALTER TABLE meveto_logout_jobs ADD CONSTRAINT refuse_job CHECK (digest <> '${badDigest()}')`,
    );
    expect(await receive(64)).toEqual([7]);
    expect(await storedCount()).toBe(63);
  });

  it.each([64, 256])(
    'acknowledges the others of %d, when another transaction has locked it',
    async (count) => {
      const unlock = await lock(badDigest());
      try {
        expect(await receive(count)).toEqual([7]);
        expect(await storedCount()).toBe(count - 1);
        // The lock does not delay the next batch either.
        await ingest.accept(LOGOUT, tokenOf(1_000));
      } finally {
        await unlock();
      }
      expect(await receive(count)).toEqual([]);
    },
    30_000,
  );

  it('acknowledges the others of 256, when a trigger refuses one row and another transaction has locked another', async () => {
    await refuseRow(opened.dataSource, 'INSERT', badDigest());
    const unlock = await lock(digestOf(200));
    try {
      expect(await receive(256)).toEqual([7, 200]);
      expect(await storedCount()).toBe(254);
    } finally {
      await unlock();
    }
    expect(await receive(256)).toEqual([7]);
  }, 30_000);

  describe('causes no deadlock, when two processes receive it in opposite orders', () => {
    const jobsOf = (round: number) =>
      Array.from({ length: 40 }, (_, index) => incoming(`${String(round)}-${String(index)}`));
    const listedOf = (round: number) => jobsOf(round).map((job) => ({ ...job, ...sourceOf(job.digest) }));
    const sourceOf = (digest: string) => ({ sourceId: `id-${digest}`, createdAt: undefined });
    const unsealed = <J extends object>(jobs: readonly J[]) =>
      jobs.map((job) => ({ ...job, sealed: undefined }));
    const turned = <J>(jobs: readonly J[], isTurned: boolean) => (isTurned ? [...jobs].reverse() : jobs);
    type Receive = (inbox: Inbox, round: number, isTurned: boolean) => Promise<unknown>;
    const pushed: Receive = (inbox, round, isTurned) => inbox.receive(turned(jobsOf(round), isTurned));
    const listed: Receive = (inbox, round, isTurned) =>
      inbox.receiveListed(turned(listedOf(round), isTurned));
    const leased: Receive = (inbox, round, isTurned) =>
      inbox.receiveLeased(turned(unsealed(jobsOf(round)), isTurned), 8_000);
    const listedLeased: Receive = (inbox, round, isTurned) =>
      inbox.receiveListedLeased(turned(unsealed(listedOf(round)), isTurned), 8_000);

    it.each([
      ['webhooks', pushed, pushed],
      ['webhooks and listed webhooks', pushed, listed],
      ['listed webhooks', listed, listed],
      ['webhooks without sealed tokens', leased, leased],
      ['listed webhooks without sealed tokens', listedLeased, listedLeased],
      ['webhooks and listed webhooks without sealed tokens', leased, listedLeased],
    ])('%s', async (_what, receiveHere, receiveThere) => {
      const other = await opened.another();
      const codes: unknown[] = [];
      recordErrors(opened, codes);
      // Each batch is received twice: as new jobs, and as known jobs beside new ones.
      for (let round = 0; round < 10; round += 1) {
        await Promise.all([
          receiveHere(opened.store.inbox, round, false),
          receiveThere(other.inbox, round, true),
          receiveHere(opened.store.inbox, round + 1, true),
        ]);
      }
      expect(codes.filter((code) => code === '40P01' || code === 'ER_LOCK_DEADLOCK')).toEqual([]);
    });
  });
});

/** Records the codes of all errors of the database. */
function recordErrors({ dataSource }: OpenedTypeOrmStore, codes: unknown[]): void {
  const create = dataSource.createQueryRunner.bind(dataSource);
  dataSource.createQueryRunner = (...args) => {
    const runner = create(...args);
    const query = runner.query.bind(runner) as (...params: unknown[]) => Promise<unknown>;
    const recorded = (...params: unknown[]): Promise<unknown> =>
      query(...params).catch((error: unknown) => {
        codes.push((error as { code?: unknown }).code);
        throw error;
      });
    return Object.assign(runner, { query: recorded });
  };
}
