import { describe, expect, it } from '@jest/globals';
import { claimOne, type Current, HOUR_MS, listed } from './opened-store.js';

/** What stays known of logouts that are forgotten. */
export function forgetting(current: Current): void {
  /** As Meveto dates it. */
  const logOutAt = async (id: number, at: number): Promise<void> => {
    const { inbox, register } = current().store;
    await current().addUser(id, `m-${String(id)}`);
    await inbox.receiveListed([listed(String(id), `token-${String(id)}`, at)]);
    const { kind } = await register.applyLogout(await claimOne(current()), `m-${String(id)}`);
    expect(kind).toBe('applied');
  };
  const known = async () => {
    const { logouts, forgottenUntil } = await current().store.register.committedSince(0);
    return [forgottenUntil, ...logouts.map(({ loggedOutAt }) => loggedOutAt).sort((a, b) => a - b)];
  };

  describe('logouts that are forgotten step by step', () => {
    it.each([
      [1, 2],
      [2, 1],
    ])('are known by the latest of them, whichever goes first: %d, %d', async (...hoursAgo) => {
      const { register } = current().store;
      const now = await register.now();
      const instants = hoursAgo.map((hours) => now - hours * HOUR_MS);
      for (const [index, at] of instants.entries()) await logOutAt(index + 1, at);
      await logOutAt(3, now);
      const [earlier = 0, later = 0] = [...instants].sort((a, b) => a - b);
      expect(await known()).toEqual([0, earlier, later, now]);
      await register.forgetUntil(later, 1);
      expect([
        [earlier, later, now],
        [later, earlier, now],
        // In memory there are no steps.
        [later, now],
      ]).toContainEqual(await known());
      await register.forgetUntil(later, 1);
      expect(await known()).toEqual([later, now]);
      await register.forgetUntil(later, 1);
      expect(await known()).toEqual([later, now]);
    });
  });
}
