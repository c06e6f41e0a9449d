import { describe, expect, it } from '@jest/globals';
import { type Current, LEASE_MS } from './opened-store.js';

export function leasing(current: Current): void {
  describe('leases', () => {
    it('are held by one at a time, who may renew', async () => {
      const { lease } = current().store;
      expect(await lease.take('poll', 'a', LEASE_MS)).toBe(true);
      expect(await lease.take('poll', 'b', LEASE_MS)).toBe(false);
      await current().passTime(LEASE_MS * 0.75);
      expect(await lease.take('poll', 'a', LEASE_MS)).toBe(true);
      await current().passTime(LEASE_MS * 0.75);
      expect(await lease.take('poll', 'b', LEASE_MS)).toBe(false);
    });

    it('are free again when they are over', async () => {
      const { lease } = current().store;
      await lease.take('poll', 'a', LEASE_MS);
      await current().passTime(LEASE_MS);
      expect(await lease.take('poll', 'b', LEASE_MS)).toBe(true);
      expect(await lease.take('poll', 'a', LEASE_MS)).toBe(false);
    });

    it('are given back by taking them for no time', async () => {
      const { lease } = current().store;
      await lease.take('poll', 'a', LEASE_MS);
      await lease.take('poll', 'a', 0);
      expect(await lease.take('poll', 'b', LEASE_MS)).toBe(true);
    });

    it('of different names do not meet', async () => {
      const { lease } = current().store;
      await lease.take('poll', 'a', LEASE_MS);
      expect(await lease.take('sweep', 'b', LEASE_MS)).toBe(true);
      expect(await lease.take('poll', 'b', LEASE_MS)).toBe(false);
    });
  });
}
