import { claimOne, type Current, HOUR_MS, listed } from './opened-store.js';
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
}
