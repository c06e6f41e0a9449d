import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from 'nestjs-meveto-logout';
import type { DataSourceOptions } from 'typeorm';
import { createTestDatabase, databaseKind, type TestDatabase } from '../support/database.js';
import { SilentProxy } from '../support/network/silent-proxy.js';
import { until } from '../support/until.js';
import {
  claimOne,
  incoming,
  receiveAndClaim,
} from '../../libs/meveto-logout/src/testing/conformance/opened-store.js';
import { type OpenedTypeOrmStore, openTypeOrmStore } from './typeorm-opened-store.js';

const STORE_TIMEOUT_MS = 400;
const POOL_SIZE = 3;

/** The behaviour when the network between application and database server drops all packets. */
export function serverSilenceContract(): void {
  describe(`the TypeORM store on ${databaseKind} behind a network that goes silent`, () => {
    let database: TestDatabase;
    let proxy: SilentProxy;
    let opened: OpenedTypeOrmStore;
    beforeEach(async () => {
      database = await createTestDatabase();
      const { url } = database.connection as { url: string };
      proxy = await SilentProxy.start(url);
      const connection = {
        ...database.connection,
        url: proxy.instead(url),
        // No time-out of the driver: the module has to give up by itself.
        poolSize: POOL_SIZE,
        extra: { connectionTimeoutMillis: 1_000 },
      } as DataSourceOptions;
      const drop = (): Promise<void> => Promise.resolve();
      opened = await openTypeOrmStore({ connection, drop }, { storeTimeoutMs: STORE_TIMEOUT_MS });
      await opened.addUser(1, 'm-1');
    });
    afterEach(async () => {
      await opened.close();
      await proxy.stop();
      await database.drop();
    });

    it('rejects within its time-out, and works again at once on new connections', async () => {
      await Promise.all(['a', 'b', 'c', 'd'].map((name) => opened.store.inbox.receive([incoming(name)])));
      proxy.fallSilent();
      const startedAt = performance.now();
      const refusals = await Promise.allSettled(
        Array.from({ length: POOL_SIZE }, (_, index) =>
          opened.store.inbox.receive([incoming(`silent-${String(index)}`)]),
        ),
      );
      expect(performance.now() - startedAt).toBeLessThan(STORE_TIMEOUT_MS * 5);
      for (const refusal of refusals) {
        expect(refusal).toMatchObject({ reason: expect.any(StoreUnavailableError) as unknown });
      }
      proxy.heal();
      expect((await opened.store.inbox.receive([incoming('e')])).opened).toHaveLength(1);
      expect((await opened.store.inbox.receive([incoming('e')])).opened).toHaveLength(0);
    }, 30_000);

    it('rejects within its time-out when a preceding read gets no answer', async () => {
      await Promise.all(['a', 'b', 'c', 'd'].map((name) => opened.store.inbox.receive([incoming(name)])));
      proxy.fallSilent();
      const startedAt = performance.now();
      const looks = [
        opened.store.inbox.waitingByPriority(),
        opened.store.inbox.knownSenders(['sender'], 1_000),
        opened.store.inbox.unfinished(['digest']),
      ];
      for (const look of await Promise.allSettled(looks))
        expect(look).toMatchObject({ reason: expect.any(StoreUnavailableError) as unknown });
      expect(performance.now() - startedAt).toBeLessThan(STORE_TIMEOUT_MS * 4);
      proxy.heal();
      expect((await opened.store.inbox.receive([incoming('e')])).opened).toHaveLength(1);
    }, 30_000);

    // MariaDB and MySQL have no such limit for one transaction. There the time-outs of the server apply.
    if (databaseKind === 'PostgreSQL') {
      it('releases the locks of a lost connection', async () => {
        const job = await receiveAndClaim(opened, incoming('a'));
        const applied = opened.store.logoutStore
          .applyLogout(job, 'm-1', () => {
            proxy.fallSilent();
          })
          .catch((error: unknown) => error);
        expect(await applied).toBeInstanceOf(StoreUnavailableError);
        proxy.heal();
        // The COMMIT was lost, and the row stays locked by an abandoned transaction.
        await until(
          'the lock is free',
          async () =>
            (await opened.store.logoutStore.applyLogout(job, 'm-1').catch(() => undefined))?.kind ===
            'applied',
          10_000,
        );
        await opened.store.inbox.receive([incoming('b')]);
        expect((await claimOne(opened)).digest).toBe('digest-b');
      }, 30_000);
    }
  });
}
