import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  incoming,
  receiveAndClaim,
  summaryOf,
} from '../../libs/meveto-logout/src/testing/conformance/opened-store.js';
import type { OpenedTypeOrmStore } from './typeorm-opened-store.js';
import { User } from '../support/hosts/host-app.js';

interface Engine {
  transaction: (operation: string, script: () => unknown) => Promise<unknown>;
}

/** A Meveto ID that is linked to a user while its logout is applied. */
export function lateLinkContract(name: string, open: () => Promise<OpenedTypeOrmStore>): void {
  describe(`on ${name}, a user that is linked between the search for the user and the commit of the outcome`, () => {
    let opened: OpenedTypeOrmStore;
    beforeEach(async () => {
      opened = await open();
      await opened.addUser(1, 'm-other');
    });
    afterEach(() => opened.close());

    it('is logged out', async () => {
      const { logoutStore } = opened.store;
      const job = await receiveAndClaim(opened, incoming('a'));
      afterFirstTransaction(logoutStore, () =>
        opened.dataSource.getRepository(User).update(1, { mevetoId: 'm-1' }),
      );
      const announced: unknown[] = [];
      const outcome = await logoutStore.applyLogout(job, 'm-1', (logout) => announced.push(logout));
      const logout = { userId: '1', loggedOutAt: job.occurredAt };
      expect(outcome).toEqual({ kind: 'applied', logout });
      expect(announced).toEqual([logout]);
      expect(await summaryOf(opened)).toMatchObject({ unknown_user: 0, applied: 1 });
      expect((await logoutStore.committedSince(0)).logouts).toEqual([logout]);
      expect(await opened.rowOf('a')).toMatchObject({ user_id: '1' });
    });
  });
}

/** Runs `act` between the first transaction of a logout store and the next one. */
export function afterFirstTransaction(logoutStore: object, act: () => Promise<unknown>): void {
  const { engine } = logoutStore as { engine: Engine };
  const transaction = engine.transaction.bind(engine);
  let isFirst = true;
  engine.transaction = async (operation, script) => {
    const result = await transaction(operation, script);
    if (isFirst) {
      isFirst = false;
      await act();
    }
    return result;
  };
}
