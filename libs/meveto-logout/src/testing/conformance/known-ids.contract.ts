import type { Current } from './opened-store.js';
import type { Tests } from './tests.js';

export function knownIds({ describe, expect, it }: Tests, current: Current): void {
  const countUsers = (userIds: readonly string[]) => current().store.logoutStore.countUsers(userIds);

  describe('countUsers', () => {
    it('counts ids that belong to a user', async () => {
      await current().addUser(1, 'm-1');
      await current().addUser(2, 'm-2');
      expect(await countUsers(['1', '3', '2'])).toBe(2);
      expect(await countUsers(['3', '4'])).toBe(0);
      expect(await countUsers([])).toBe(0);
    });

    it('compares ids exactly: similar ids, and ids that the column cannot hold, belong to no user', async () => {
      await current().addUser(7, 'm-7');
      const alike = ['07', '7.0', '7x', ' 7', '7 ', '+7', '0x7', '7e0'];
      expect(await countUsers(alike)).toBe(0);
      const unrepresentable = [
        'alice',
        'auth0|7',
        '',
        '🙂',
        '99999999999999999999999',
        '2147483648',
        '\u0000',
      ];
      expect(await countUsers(unrepresentable)).toBe(0);
      expect(await countUsers([...alike, ...unrepresentable, '7', '8'])).toBe(1);
    });

    it('counts up to a hundred ids', async () => {
      await current().addUser(42, 'm-42');
      const ids = Array.from({ length: 100 }, (_none, index) => index);
      expect(await countUsers(ids.map(String))).toBe(1);
      expect(await countUsers(ids.map((id) => `auth0|${String(id)}`))).toBe(0);
    });
  });
}
