import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ClaimedCall } from '../../libs/meveto-logout/src/inbox/inbox.port.js';
import {
  claimOne,
  endAmbiguous,
  HOUR_MS,
  incoming,
  LEASE_MS,
  listed,
  logOut,
  receiveAndClaim,
} from './opened-store.js';
import type { OpenedTypeOrmStore } from './typeorm-opened-store.js';

/** Whatever is done with one call leaves the rows of all other calls, users and access tokens as they are. */
export function bystandersContract(name: string, openStore: () => Promise<OpenedTypeOrmStore>): void {
  describe(`beside others in ${name}`, () => {
    let opened: OpenedTypeOrmStore;
    let call: ClaimedCall;
    beforeAll(async () => {
      opened = await openStore();
    });
    beforeEach(async () => {
      await opened.clear();
      for (const id of [1, 2, 3]) {
        await opened.addUser(id, `m-${String(id)}`);
        await opened.addToken(`token-${String(id)}`, id, 1_000);
      }
      call = await receiveAndClaim(opened, { ...incoming('a'), sender: 'sender-a' });
      await addBystanders(opened);
    });
    afterAll(() => opened.close());

    const ended = async (state: 'ambiguous' | 'expired'): Promise<string> => {
      await opened.store.inbox.finish(call, { state, reason: state === 'expired' ? 'time-to-live' : 'test' });
      return call.id;
    };
    const WORK: Record<string, () => Promise<unknown>> = {
      'is given back': () =>
        opened.store.inbox.release(call, { delayMs: 1_000, maybeSent: false, reason: 'timeout' }),
      'is kept': () => opened.store.inbox.renew([call], 5 * LEASE_MS),
      'is begun again': () =>
        opened.store.inbox.beginAgain(call, { delayMs: 0, maybeSent: true, reason: 'timeout' }, 5 * LEASE_MS),
      'is rejected': () => opened.store.inbox.finish(call, { state: 'rejected', reason: 'test' }),
      'is applied': () => opened.store.register.applyLogout(call, 'm-1'),
      'is applied as a removal': () => opened.store.register.applyProtectionRemoved(call, 'm-1'),
      'finds no user': () => opened.store.register.applyLogout(call, 'm-8'),
      'is hurried': async () => {
        await opened.store.inbox.release(call, { delayMs: HOUR_MS, maybeSent: true, reason: 'timeout' });
        await opened.store.inbox.hurry(call.id);
      },
      'is discarded': async () => opened.store.inbox.discard(await ended('ambiguous'), 'operator'),
      'is resolved': async () => opened.store.register.resolve(await ended('expired'), '1'),
      'is received again': async () => {
        await ended('expired');
        await opened.store.inbox.receive([incoming('a')]);
      },
      'is listed while it waits': () => opened.store.inbox.receiveListed([listed('1', 'a')]),
      'is listed after it became ambiguous': async () => {
        await ended('ambiguous');
        await opened.store.inbox.receiveListed([listed('1', 'a')]);
      },
    };
    it.each(Object.keys(WORK))('a call that %s changes itself alone', async (what) => {
      const before = await othersIn(opened);
      const own = await opened.rowOf('a');
      await WORK[what]?.();
      expect(await othersIn(opened)).toEqual(before);
      expect(await opened.rowOf('a')).not.toEqual(own);
    });

    it('a sender that is confirmed anew leaves others as old as they were', async () => {
      await opened.store.register.applyLogout(call, 'm-1');
      await opened.passTime(2 * HOUR_MS);
      const before = await othersIn(opened);
      await opened.store.inbox.receive([{ ...incoming('again'), sender: 'sender-a' }]);
      const claimed = await opened.store.inbox.claim(10, LEASE_MS);
      const again = claimed.find(({ digest }) => digest === 'digest-again');
      if (again === undefined) throw new Error('the call was not claimed');
      expect((await opened.store.register.applyLogout(again, 'm-1')).kind).toBe('applied');
      expect((await othersIn(opened))['senders']).toEqual(before['senders']);
      expect(await opened.store.inbox.confirmedSenders(['sender-a', 'sender-b'], HOUR_MS)).toEqual([
        'sender-a',
      ]);
    });

    it('a logout that is written twice says of its own user the same again', async () => {
      const first = await opened.store.register.applyLogout(call, 'm-1');
      expect(first).toMatchObject({ kind: 'applied', logout: { userId: '1' } });
      expect(await opened.store.register.applyLogout(call, 'm-1')).toEqual(first);
    });

    it('a logout that somebody else has written is not taken for one’s own', async () => {
      await opened.passTime(2 * LEASE_MS);
      const taken = (await opened.store.inbox.claim(10, LEASE_MS)).find(({ id }) => id === call.id);
      if (taken === undefined) throw new Error('the call was not claimed again');
      expect((await opened.store.register.applyLogout(taken, 'm-1')).kind).toBe('applied');
      expect((await opened.store.register.applyLogout(call, 'm-1')).kind).toBe('claim-lost');
    });

    it('a login changes its user alone', async () => {
      const before = await othersIn(opened);
      await opened.store.register.recordLogin('1', undefined);
      expect(await othersIn(opened)).toEqual(before);
    });
  });
}

/** One call in every state that there is, with users who were logged out and one who was not. */
async function addBystanders(opened: OpenedTypeOrmStore): Promise<void> {
  const { inbox, register } = opened.store;
  await logOut(opened, 'applied', 'm-2');
  await opened.addToken('later-2', 2, 1_000);
  for (const state of ['rejected', 'expired'] as const) {
    await inbox.finish(await receiveAndClaim(opened, incoming(state)), { state, reason: 'time-to-live' });
  }
  await endAmbiguous(opened, 'ambiguous');
  await register.applyLogout(
    await receiveAndClaim(opened, { ...incoming('unknown'), sender: 'sender-b' }),
    'm-9',
  );
  await inbox.release(await receiveAndClaim(opened, incoming('failed')), {
    delayMs: HOUR_MS,
    maybeSent: true,
    reason: 'timeout',
  });
  await inbox.receiveListed([listed('7', 'claimed')]);
  await claimOne(opened);
  await inbox.receiveListed([listed('8', 'waiting')]);
  // Whatever is written now has another time than what stands there.
  await opened.passTime(1_000);
}

/** Every row that is not of the call `a`, of its sender or of user 1. */
async function othersIn({ dataSource }: OpenedTypeOrmStore): Promise<Record<string, unknown>> {
  const rowsOf = (sql: string) => dataSource.query<Record<string, unknown>[]>(sql);
  return {
    calls: await rowsOf(`SELECT * FROM meveto_logout_calls WHERE digest <> 'digest-a' ORDER BY id`),
    senders: await rowsOf(`SELECT * FROM meveto_logout_senders WHERE sender <> 'sender-a' ORDER BY sender`),
    marks: await rowsOf(`SELECT * FROM meveto_logout_marks WHERE user_id <> '1' ORDER BY user_id`),
    users: await rowsOf('SELECT * FROM users WHERE id <> 1 ORDER BY id'),
    tokens: await rowsOf('SELECT * FROM access_tokens WHERE user_id <> 1 ORDER BY id'),
  };
}
