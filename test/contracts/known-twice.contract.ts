import { describe, expect, it } from '@jest/globals';
import type { IncomingCall } from '../../libs/meveto-logout/src/inbox/inbox.port.js';
import { TOKEN_LOST } from '../../libs/meveto-logout/src/model/call.js';
import {
  claimOne,
  type Current,
  DAY_MS,
  incoming,
  LEASE_MS,
  listed,
  openedBy,
  receiveAndClaim,
  summaryOf,
} from './opened-store.js';

const unsealed = (name: string): IncomingCall => ({ ...incoming(name), sealed: undefined });
/** The same token by a new key, and by the one before. */
const byTwoKeys = <T extends IncomingCall>(call: T): T => ({ ...call, earlierDigests: ['digest-earlier'] });

/** A token that comes again while its call is worked on without it, and a call that two rows know something of. */
export function knownTwice(current: Current): void {
  /** Its process is gone, and with it the token. */
  const takenOver = async (name: string) => {
    await current().store.inbox.receiveHeld([unsealed(name)], LEASE_MS);
    await current().passTime(LEASE_MS);
    return claimOne(current());
  };
  const expire = async (): Promise<void> => {
    await current().passTime(2 * DAY_MS);
    await current().store.inbox.expire(DAY_MS, 10);
  };

  describe('a token that comes again', () => {
    it('is not erased by whoever was about to end its call for want of it', async () => {
      const { inbox } = current().store;
      const call = await takenOver('a');
      expect(call.sealed).toBeUndefined();
      await inbox.receive([incoming('a')]);
      const lost = { state: 'ambiguous', reason: TOKEN_LOST } as const;
      expect(await inbox.finish(call, lost)).toBe(false);
      await inbox.release(call, { delayMs: 0, maybeSent: false, reason: TOKEN_LOST });
      const again = await claimOne(current());
      expect(again).toMatchObject({ id: call.id, sealed: 'sealed-a' });
      expect(await inbox.finish(again, { state: 'rejected', reason: 'test' })).toBe(true);
    });

    it('does not get in the way of the answer that the process which kept it has', async () => {
      const { inbox, register } = current().store;
      await current().addUser(1, 'm-1');
      const [call] = (await inbox.receiveHeld([unsealed('earlier')], LEASE_MS)).held;
      if (call === undefined) throw new Error('nothing is held');
      await inbox.receive([byTwoKeys(incoming('new'))]);
      const first = await register.applyLogout(call, 'm-1');
      expect(first.kind).toBe('applied');
      expect(await register.applyLogout(call, 'm-1')).toEqual(first);
      expect(await summaryOf(current())).toMatchObject({ applied: 1, pending: 0 });
    });

    it('is kept for its own call, and for no other that waits without', async () => {
      const { inbox } = current().store;
      await inbox.receiveHeld([unsealed('a'), unsealed('b')], LEASE_MS);
      await inbox.receive([incoming('a')]);
      await current().passTime(LEASE_MS);
      const sealed = new Map((await inbox.claim(5, LEASE_MS)).map((call) => [call.digest, call.sealed]));
      expect(sealed).toEqual(
        new Map([
          ['digest-a', 'sealed-a'],
          ['digest-b', undefined],
        ]),
      );
    });

    it('does not hold up the end of a call for another reason, nor of one whose token stays away', async () => {
      const { inbox } = current().store;
      const lost = { state: 'ambiguous', reason: TOKEN_LOST } as const;
      const gone = await takenOver('a');
      expect(await inbox.finish(gone, lost)).toBe(true);
      expect(await inbox.finish(gone, lost)).toBe(true);
      const held = await receiveAndClaim(current(), incoming('b'));
      expect(await inbox.finish(held, { state: 'ambiguous', reason: 'test' })).toBe(true);
    });

    it('is kept for a call that an earlier key made the digest of, by the one that it is sealed for', async () => {
      const { inbox } = current().store;
      const call = await takenOver('earlier');
      await inbox.receive([byTwoKeys(incoming('new'))]);
      await inbox.release(call, { delayMs: 0, maybeSent: false, reason: 'test' });
      expect(await claimOne(current())).toMatchObject({
        id: call.id,
        digest: 'digest-new',
        sealed: 'sealed-new',
      });
    });
  });

  describe('a token that is known by an earlier key and by the current one', () => {
    it('goes on by the current one, and holds up nothing that comes with it', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('earlier')]);
      await inbox.receive([incoming('new')]);
      await expire();
      expect(await inbox.receive([byTwoKeys(incoming('new')), incoming('other')])).toBe(2);
      expect(await summaryOf(current())).toMatchObject({ pending: 2, expired: 1 });
      const digests = (await inbox.claim(5, LEASE_MS)).map(({ digest }) => digest).sort();
      expect(digests).toEqual(['digest-new', 'digest-other']);
    });

    it('is left alone when the current one has ended for good', async () => {
      const { inbox } = current().store;
      await inbox.receive([incoming('earlier')]);
      await expire();
      await inbox.finish(await receiveAndClaim(current(), incoming('new')), {
        state: 'rejected',
        reason: 'test',
      });
      expect(await inbox.receive([byTwoKeys(incoming('new'))])).toBe(0);
      expect(openedBy(await inbox.receiveListed([byTwoKeys(listed('1', 'new'))]))).toBe(0);
      expect(await summaryOf(current())).toMatchObject({ expired: 1, rejected: 1, pending: 0 });
    });
  });

  describe('a listed call of which one row has the id and another one the token', () => {
    it('goes on where its token is, when that was waiting for it, and leaves the id where it is', async () => {
      const { inbox } = current().store;
      await inbox.receiveListed([listed('1', 'a')]);
      await inbox.finish(await claimOne(current()), { state: 'rejected', reason: 'test' });
      await inbox.receive([incoming('b')]);
      await expire();
      expect(await inbox.receiveListed([listed('1', 'b')])).toEqual({ newCount: 0, reopenedCount: 1 });
      expect(await claimOne(current())).toMatchObject({ digest: 'digest-b', sealed: 'sealed-b' });
      // Still Meveto's: a fresh token for it is one for that row.
      expect(openedBy(await inbox.receiveListed([listed('1', 'c')]))).toBe(1);
      expect(await claimOne(current())).toMatchObject({ digest: 'digest-c' });
    });

    it.each(['pending', 'rejected', 'ambiguous'] as const)(
      'is left alone while that is %s',
      async (state) => {
        const { inbox } = current().store;
        await inbox.receiveListed([listed('1', 'a')]);
        await inbox.finish(await claimOne(current()), { state: 'rejected', reason: 'test' });
        const call = await receiveAndClaim(current(), incoming('b'));
        if (state !== 'pending') await inbox.finish(call, { state, reason: 'test' });
        expect(openedBy(await inbox.receiveListed([listed('1', 'b'), listed('1', 'b')]))).toBe(0);
      },
    );
  });
}
