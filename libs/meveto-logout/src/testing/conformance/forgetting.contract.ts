import { claimOne, type Current, DAY_MS, HOUR_MS, listed, logOut } from './opened-store.js';
import type { Tests } from './tests.js';

/** What a store keeps of deleted logouts. */
export function forgetting({ describe, expect, it }: Tests, current: Current): void {
  /** Logs a user out at a time given by Meveto. */
  const logOutAt = async (id: number, at: number): Promise<void> => {
    const { inbox, logoutStore } = current().store;
    await current().addUser(id, `m-${String(id)}`);
    await inbox.receiveListed([listed(String(id), `token-${String(id)}`, at)]);
    const { kind } = await logoutStore.applyLogout(await claimOne(current()), `m-${String(id)}`);
    expect(kind).toBe('applied');
  };
  const known = async () => {
    const { logouts, forgottenUntil } = await current().store.logoutStore.committedSince(0);
    return [forgottenUntil, ...logouts.map(({ loggedOutAt }) => loggedOutAt).sort((a, b) => a - b)];
  };

  describe('logouts that are deleted in steps', () => {
    it.each([
      [1, 2],
      [2, 1],
    ])('leave the time of the latest one, in any order of deletion: %d, %d', async (...hoursAgo) => {
      const { logoutStore } = current().store;
      const now = await logoutStore.now();
      const instants = hoursAgo.map((hours) => now - hours * HOUR_MS);
      for (const [index, at] of instants.entries()) await logOutAt(index + 1, at);
      await logOutAt(3, now);
      const [earlier = 0, later = 0] = [...instants].sort((a, b) => a - b);
      expect(await known()).toEqual([0, earlier, later, now]);
      await logoutStore.forgetUntil(later, 1);
      expect([
        [earlier, later, now],
        [later, earlier, now],
        // The memory store deletes all of them at once.
        [later, now],
      ]).toContainEqual(await known());
      await logoutStore.forgetUntil(later, 1);
      expect(await known()).toEqual([later, now]);
      await logoutStore.forgetUntil(later, 1);
      expect(await known()).toEqual([later, now]);
    });
  });

  it('forgetUntil deletes logouts at or before a time, and no later ones', async () => {
    await current().addUser(1, 'm-1');
    await current().addUser(2, 'm-2');
    const { logoutStore } = current().store;
    await logOut(current(), 'a', 'm-1');
    await current().passTime(HOUR_MS);
    const later = await logOut(current(), 'b', 'm-2');
    const earlier = (await logoutStore.committedSince(0)).logouts.find(({ userId }) => userId === '1');
    expect((await logoutStore.committedSince(0)).forgottenUntil).toBe(0);
    await logoutStore.forgetUntil(later - 1, 10);
    for (const since of [0, await logoutStore.now()])
      expect((await logoutStore.committedSince(since)).forgottenUntil).toBe(earlier?.loggedOutAt);
    expect((await logoutStore.committedSince(0)).logouts).toEqual([{ userId: '2', loggedOutAt: later }]);
    await logoutStore.forgetUntil(later, 10);
    expect(await logoutStore.committedSince(0)).toMatchObject({ logouts: [], forgottenUntil: later });
    // A process with a longer retention does not lower the stored time.
    await logoutStore.forgetUntil(later - DAY_MS, 10);
    expect((await logoutStore.committedSince(0)).forgottenUntil).toBe(later);
  });
}
