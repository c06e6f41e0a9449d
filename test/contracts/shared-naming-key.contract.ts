import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Store } from 'nestjs-meveto-logout';
import { typeOrmStore } from 'nestjs-meveto-logout/typeorm';
import type { DataSource } from 'typeorm';
import type { TestDatabase } from '../support/database.js';
import { connectHost, contextOf, mapping } from './typeorm-opened-store.js';

/** The naming key of replicas that share a database. */
export function sharedNamingKeyContract(name: string, create: () => Promise<TestDatabase>): void {
  describe(`the naming key on ${name}`, () => {
    let database: TestDatabase;
    const hosts: DataSource[] = [];
    const stores: Store[] = [];
    beforeAll(async () => {
      database = await create();
    });
    afterAll(async () => {
      for (const store of stores) await store.close();
      for (const host of hosts) await host.destroy();
      await database.drop();
    });

    /** Starts another replica. */
    const replica = async (): Promise<Store> => {
      const host = await connectHost(database.connection);
      hosts.push(host);
      const store = typeOrmStore(mapping).create(contextOf(host));
      stores.push(store);
      await store.connect();
      return store;
    };
    const hex = (key: Uint8Array): string => Buffer.from(key).toString('hex');

    it('is the same for replicas that start together, and for replicas that start later', async () => {
      const replicas = [await replica(), await replica(), await replica(), await replica()];
      const offered = replicas.map(() => randomBytes(32));
      const keys = await Promise.all(
        replicas.map((each, index) => each.namingKey(offered[index] ?? randomBytes(32))),
      );
      expect(new Set(keys.map(hex)).size).toBe(1);
      expect(offered.map(hex)).toContain(hex(keys[0] ?? new Uint8Array()));
      expect(hex(await (await replica()).namingKey(randomBytes(32)))).toBe(hex(keys[0] ?? new Uint8Array()));
    });

    it.each(['', 'short', 'A'.repeat(44), 'ü'.repeat(43)])(
      'makes the start fail when %j is stored instead',
      async (material) => {
        const store = await replica();
        await store.namingKey(randomBytes(32));
        await hosts[0]?.query(`UPDATE meveto_logout_keys SET material = '${material}'`);
        await expect(replica()).rejects.toMatchObject({
          code: 'ERR_MEVETO_CONFIGURATION',
          faults: [
            expect.stringMatching(
              /^store: the row 'naming' of .*meveto_logout_keys.* holds no key of 32 bytes\. Delete/,
            ),
          ],
        });
        await hosts[0]?.query('DELETE FROM meveto_logout_keys');
        expect(await (await replica()).namingKey(randomBytes(32))).toHaveLength(32);
      },
    );
  });
}
