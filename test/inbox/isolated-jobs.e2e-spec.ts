import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Ingest } from '../../libs/meveto-logout/src/inbox/ingest.js';
import { JobEvents } from '../../libs/meveto-logout/src/inbox/job-events.js';
import { JobLeases } from '../../libs/meveto-logout/src/inbox/leases.js';
import { tokenStorageOf } from '../../libs/meveto-logout/src/inbox/token-storage-of.js';
import type { ResolvedInbox } from '../../libs/meveto-logout/src/inbox/options.js';
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
  const badDigest = (): string => keys.digests.ofToken(tokenOf(7).reveal());
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
      const runner = opened.dataSource.createQueryRunner();
      await runner.startTransaction();
      await runner.query(
        `INSERT INTO meveto_logout_jobs (id, digest, kind, state, priority, received_at, occurred_at, due_at, fence, attempts, unknown_attempts, client_errors)
          VALUES ('00000000-0000-4000-8000-000000000000', '${badDigest()}', 'logout', 'pending', 2, 1, 1, 1, 0, 0, 0, 0)`,
      );
      try {
        expect(await receive(count)).toEqual([7]);
        expect(await storedCount()).toBe(count - 1);
        // The lock does not delay the next batch either.
        await ingest.accept(LOGOUT, tokenOf(1_000));
      } finally {
        await runner.rollbackTransaction();
        await runner.release();
      }
      expect(await receive(count)).toEqual([]);
    },
    30_000,
  );

  it('causes no deadlock, when two processes receive it in opposite orders', async () => {
    const other = await opened.another();
    const codes: unknown[] = [];
    recordErrors(opened, codes);
    for (let round = 0; round < 20; round += 1) {
      const jobs = Array.from({ length: 40 }, (_, index) => incoming(`${String(round)}-${String(index)}`));
      await Promise.all([opened.store.inbox.receive(jobs), other.inbox.receive([...jobs].reverse())]);
    }
    expect(codes.filter((code) => code === '40P01' || code === 'ER_LOCK_DEADLOCK')).toEqual([]);
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
