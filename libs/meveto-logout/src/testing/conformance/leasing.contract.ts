import { type Current, LEASE_MS } from './opened-store.js';
import type { Tests } from './tests.js';

export function leasing({ describe, expect, it }: Tests, current: Current): void {
  describe('a lease', () => {
    it('has one holder at a time, who may renew it', async () => {
      const { lease } = current().store;
      expect(await lease.take('poll', 'a', LEASE_MS)).toBe(true);
      expect(await lease.take('poll', 'b', LEASE_MS)).toBe(false);
      await current().passTime(LEASE_MS * 0.75);
      expect(await lease.take('poll', 'a', LEASE_MS)).toBe(true);
      await current().passTime(LEASE_MS * 0.75);
      expect(await lease.take('poll', 'b', LEASE_MS)).toBe(false);
    });

    it('is free when its time is over', async () => {
      const { lease } = current().store;
      await lease.take('poll', 'a', LEASE_MS);
      await current().passTime(LEASE_MS);
      expect(await lease.take('poll', 'b', LEASE_MS)).toBe(true);
      expect(await lease.take('poll', 'a', LEASE_MS)).toBe(false);
    });

    it('is released by taking it for 0 ms', async () => {
      const { lease } = current().store;
      await lease.take('poll', 'a', LEASE_MS);
      await lease.take('poll', 'a', 0);
      expect(await lease.take('poll', 'b', LEASE_MS)).toBe(true);
    });

    it('is independent of leases with other names', async () => {
      const { lease } = current().store;
      await lease.take('poll', 'a', LEASE_MS);
      expect(await lease.take('sweep', 'b', LEASE_MS)).toBe(true);
      expect(await lease.take('poll', 'b', LEASE_MS)).toBe(false);
    });
  });
}
