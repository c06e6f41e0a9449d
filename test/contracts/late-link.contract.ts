import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { incoming, receiveAndClaim, summaryOf } from './opened-store.js';
import type { OpenedTypeOrmStore } from './typeorm-opened-store.js';
import { User } from '../support/host-app.js';

interface Engine {
  transaction: (operation: string, script: () => unknown) => Promise<unknown>;
}

/** A Meveto ID that is linked to a user while a logout of its person is being looked at. */
export function lateLinkContract(name: string, open: () => Promise<OpenedTypeOrmStore>): void {
  describe(`on ${name}, a Meveto ID that is linked between the look for its user and the end of the call`, () => {
    let opened: OpenedTypeOrmStore;
    beforeEach(async () => {
      opened = await open();
      await opened.addUser(1, 'm-other');
    });
    afterEach(() => opened.close());

    it('is logged out all the same', async () => {
      const { register } = opened.store;
      const call = await receiveAndClaim(opened, incoming('a'));
      afterFirstTransaction(register, () =>
        opened.dataSource.getRepository(User).update(1, { mevetoId: 'm-1' }),
      );
      const told: unknown[] = [];
      const outcome = await register.applyLogout(call, 'm-1', (logout) => told.push(logout));
      const logout = { userId: '1', loggedOutAt: call.occurredAt };
      expect(outcome).toEqual({ kind: 'applied', logout });
      expect(told).toEqual([logout]);
      expect(await summaryOf(opened)).toMatchObject({ unknown_user: 0, applied: 1 });
      expect((await register.committedSince(0)).logouts).toEqual([logout]);
      expect(await opened.rowOf('a')).toMatchObject({ user_id: '1' });
    });
  });
}

function afterFirstTransaction(register: object, act: () => Promise<unknown>): void {
  const { engine } = register as { engine: Engine };
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
