import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from 'nestjs-meveto-logout';
import type { DataSourceOptions } from 'typeorm';
import { createTestDatabase, databaseKind, type TestDatabase } from '../support/database.js';
import { SilentProxy } from '../support/silent-proxy.js';
import { until } from '../support/until.js';
import { claimOne, incoming, receiveAndClaim } from './opened-store.js';
import { type OpenedTypeOrmStore, openTypeOrmStore } from './typeorm-opened-store.js';

const STORE_TIMEOUT_MS = 400;
const POOL_SIZE = 3;

/** What happens when the network between application and database server goes silent. */
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
        // Nothing that would make the driver give up by itself: the module has to.
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

    it('says so in time, and works again at once on new connections', async () => {
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
      expect(await opened.store.inbox.receive([incoming('e')])).toBe(1);
      expect(await opened.store.inbox.receive([incoming('e')])).toBe(0);
    }, 30_000);

    it('keeps no call waiting for what it looks up first', async () => {
      await Promise.all(['a', 'b', 'c', 'd'].map((name) => opened.store.inbox.receive([incoming(name)])));
      proxy.fallSilent();
      const startedAt = performance.now();
      const looks = [
        opened.store.inbox.waitingByLane(),
        opened.store.inbox.confirmedSenders(['sender'], 1_000),
        opened.store.inbox.unfinished(['digest']),
      ];
      for (const look of await Promise.allSettled(looks))
        expect(look).toMatchObject({ reason: expect.any(StoreUnavailableError) as unknown });
      expect(performance.now() - startedAt).toBeLessThan(STORE_TIMEOUT_MS * 4);
      proxy.heal();
      expect(await opened.store.inbox.receive([incoming('e')])).toBe(1);
    }, 30_000);

    // MariaDB and MySQL have no such limit for one transaction: there the server’s own time-outs have to do it.
    if (databaseKind === 'PostgreSQL') {
      it('frees what a lost connection had locked', async () => {
        const call = await receiveAndClaim(opened, incoming('a'));
        const applied = opened.store.register
          .applyLogout(call, 'm-1', () => {
            proxy.fallSilent();
          })
          .catch((error: unknown) => error);
        expect(await applied).toBeInstanceOf(StoreUnavailableError);
        proxy.heal();
        // The COMMIT has disappeared on the way, and the row is still locked by a transaction that nobody will end.
        await until(
          'the lock is free',
          async () =>
            (await opened.store.register.applyLogout(call, 'm-1').catch(() => undefined))?.kind === 'applied',
          10_000,
        );
        await opened.store.inbox.receive([incoming('b')]);
        expect((await claimOne(opened)).digest).toBe('digest-b');
      }, 30_000);
    }
  });
}
