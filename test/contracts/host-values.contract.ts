import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { EntitySchemaColumnOptions } from 'typeorm';
import { databaseKind, type TestDatabase } from '../support/database.js';
import { claim, faultsOf, HostTablesWorld, isMysql, NAME, orNull, PADDED } from './host-tables-world.js';

class AccountId {
  constructor(readonly value: string) {}
}
class NamedId extends AccountId {
  override toString(): string {
    return this.value;
  }
}

/** Forms of ids in entities: accepted ones, and ones that are refused at start. */
export function hostValuesContract(create: () => Promise<TestDatabase>): void {
  describe(`ids of the application’s tables on ${databaseKind}`, () => {
    const world = new HostTablesWorld(create);

    it('refuses ids that are objects without a distinct text', async () => {
      const transformer = {
        to: orNull((id: AccountId) => id.value),
        from: orNull((id: string) => new AccountId(id)),
      };
      const columns = {
        id: { ...NAME, primary: true, transformer },
        mevetoId: { ...NAME, nullable: true, unique: true, transformer },
      };
      expect(await faultsOf(world.startUsers(columns))).toEqual([
        expect.stringMatching(/^store\.user: 'id' has values that have no distinct text/),
        expect.stringMatching(/^store\.user: 'mevetoId' has values that have no distinct text/),
      ]);
    });

    it('skips a user whose id is shown as that of another user, and logs an error', async () => {
      const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      class Short extends AccountId {
        override toString(): string {
          return this.value.slice(0, 4);
        }
      }
      const transformer = {
        to: (id: Short | string) => (id instanceof Short ? id.value : id),
        from: orNull((id: string) => new Short(id)),
      };
      const opened = await world.startUsers({ id: { ...NAME, primary: true, transformer } });
      await world.rows().insert([
        { id: new Short('abcd'), mevetoId: 'm-1' },
        { id: new Short('abcd-2'), mevetoId: 'm-2' },
      ]);
      const second = await opened.logoutStore.applyLogout(await claim(opened, 'b'), 'm-2');
      expect(second).toEqual({ kind: 'unknown-user' });
      expect((await opened.logoutStore.committedSince(0)).logouts).toEqual([]);
      expect(error).toHaveBeenCalledWith(
        expect.stringMatching(/the text of the id abcd-2 does not convert back/),
      );
      const first = await opened.logoutStore.applyLogout(await claim(opened), 'm-1');
      expect(first).toMatchObject({ kind: 'applied', logout: { userId: 'abcd' } });
      error.mockRestore();
    });

    it('finds a Meveto ID that the transformer changes', async () => {
      const transformer = { to: orNull((id: string) => id.toLowerCase()), from: (id: string) => id };
      const opened = await world.startUsers({
        mevetoId: { ...NAME, nullable: true, unique: true, transformer },
      });
      await world.rows().insert({ id: '1', mevetoId: 'M-ABC' });
      const outcome = await opened.logoutStore.applyLogout(await claim(opened), 'M-ABC');
      expect(outcome).toMatchObject({ kind: 'applied', logout: { userId: '1' } });
    });

    it('delays no other logout by a Meveto ID that the transformer refuses', async () => {
      const to = (id: string): string => {
        if (id === 'refused') throw new TypeError('not an id');
        return id;
      };
      const transformer = { to: orNull(to), from: (id: string) => id };
      const opened = await world.startUsers({
        mevetoId: { ...NAME, nullable: true, unique: true, transformer },
      });
      await world.rows().insert({ id: '1', mevetoId: 'm-1' });
      const [good, bad] = [await claim(opened, 'a'), await claim(opened, 'b')];
      const outcomes = await opened.logoutStore.applyLogouts([
        { job: good, mevetoId: 'm-1' },
        { job: bad, mevetoId: 'refused' },
      ]);
      expect([...outcomes.keys()]).toEqual([good.id]);
    });

    it('refuses ids of bytes', async () => {
      const type = { SQLite: 'blob', PostgreSQL: 'bytea', 'MariaDB/MySQL': 'binary' }[databaseKind];
      const column = { type, ...(isMysql && { length: 16 }), primary: true } as EntitySchemaColumnOptions;
      expect(await faultsOf(world.startUsers({ id: column }))).toEqual([
        expect.stringMatching(/^store\.user: 'id' has values that have no distinct text/),
      ]);
    });

    it('finds users by ids that are objects with a text, and by ids that a transformer changes', async () => {
      const opened = await world.startUsers({
        id: {
          type: 'int',
          primary: true,
          transformer: {
            to: orNull((id: string) => Number.parseInt(id.slice(4), 36)),
            from: orNull((id: number) => `usr_${id.toString(36)}`),
          },
        },
        mevetoId: {
          ...NAME,
          nullable: true,
          unique: true,
          transformer: {
            to: orNull((id: NamedId) => id.value),
            from: orNull((id: string) => new NamedId(id)),
          },
        },
      });
      await world.rows().insert({ id: 'usr_zz', mevetoId: new NamedId('m-1') });
      const job = await claim(opened);
      expect(await opened.logoutStore.applyLogout(job, 'm-1')).toMatchObject({
        kind: 'applied',
        logout: { userId: 'usr_zz' },
      });
      expect(await opened.logoutStore.recordLogin('usr_zz', undefined)).toBeGreaterThan(0);
    });

    it('finds ids in columns padded with spaces, and logs out both forms of an id', async () => {
      const opened = await world.startUsers({
        id: { ...PADDED, length: 12, primary: true },
        mevetoId: { ...PADDED, length: 36, nullable: true, unique: true },
      });
      await world.rows().insert({ id: 'ab-1', mevetoId: 'm-1' });
      const job = await claim(opened);
      const outcome = await opened.logoutStore.applyLogout(job, 'm-1');
      expect(outcome).toMatchObject({ kind: 'applied', logout: { userId: 'ab-1' } });
      // The form that the application reads and puts into its sessions.
      const { id } = await world.rows().findOneByOrFail({ mevetoId: 'm-1' });
      const { logouts } = await opened.logoutStore.committedSince(0);
      expect(logouts.map(({ userId }) => userId)).toContain(id);
      for (const known of ['ab-1', String(id)])
        expect(await opened.logoutStore.recordLogin(known, job.occurredAt + 1)).toBe(job.occurredAt + 1);
    });

    it('treats trailing spaces as a part of the id in other columns', async () => {
      const opened = await world.startUsers({});
      await world.rows().insert({ id: 'ab-1', mevetoId: 'm-1' });
      expect(await opened.logoutStore.applyLogout(await claim(opened), 'm-1 ')).toEqual({
        kind: 'unknown-user',
      });
      await expect(opened.logoutStore.recordLogin('ab-1 ', undefined)).rejects.toThrow(
        'No user with this id.',
      );
    });
  });
}
