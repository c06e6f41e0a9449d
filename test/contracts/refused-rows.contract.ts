import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import {
  countsOf,
  incoming,
  LEASE_MS,
  MINUTE_MS,
} from '../../libs/meveto-logout/src/testing/conformance/opened-store.js';
import { refuseRow } from '../support/refused-row.js';
import type { OpenedTypeOrmStore } from './typeorm-opened-store.js';

const DAY_MS = 86_400_000;
const names = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `job-${String(index)}`);
const RETENTION = {
  finishedMs: DAY_MS,
  rejectedMs: DAY_MS,
  ambiguousMs: DAY_MS,
  invalidCount: 1_000,
  senderMs: DAY_MS,
};

/** What happens to a batch of jobs when a trigger of the application refuses one of their rows. */
export function refusedRowsContract(name: string, open: () => Promise<OpenedTypeOrmStore>): void {
  describe(`a refused row on ${name}`, () => {
    let opened: OpenedTypeOrmStore;
    let dataSource: DataSource;
    let errors: jest.SpiedFunction<Logger['error']>;
    beforeEach(async () => {
      errors = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      opened = await open();
      ({ dataSource } = opened);
    });
    afterEach(async () => {
      errors.mockRestore();
      await opened.close();
    });

    const receive = async (count: number): Promise<void> => {
      await opened.store.inbox.receive(names(count).map((each) => incoming(each)));
    };
    const refuse = (event: 'UPDATE' | 'DELETE'): Promise<void> =>
      refuseRow(dataSource, event, 'digest-job-7');
    const digestsOf = (jobs: readonly { readonly digest: string }[]): Set<string> =>
      new Set(jobs.map(({ digest }) => digest));

    it.each([64, 256])('delays no other job of a claim of %d', async (count) => {
      await receive(count);
      await refuse('UPDATE');
      const { inbox } = opened.store;
      const claimed = await inbox.claim(count, LEASE_MS);
      expect(digestsOf(claimed).size).toBe(count - 1);
      expect(digestsOf(claimed)).not.toContain('digest-job-7');
      expect(errors).toHaveBeenCalledTimes(1);
    });

    it('is left out of the following claims, which need one transaction each', async () => {
      await receive(8);
      await refuse('UPDATE');
      const { inbox } = opened.store;
      expect(await inbox.claim(8, LEASE_MS)).toHaveLength(7);
      await inbox.receive([incoming('later')]);
      expect(digestsOf(await inbox.claim(8, LEASE_MS))).toEqual(new Set(['digest-later']));
      expect(errors).toHaveBeenCalledTimes(1);
    });

    it('delays no renewal of another claim', async () => {
      await receive(64);
      const { inbox } = opened.store;
      const claimed = await inbox.claim(64, LEASE_MS);
      await refuse('UPDATE');
      expect(await inbox.renew(claimed, LEASE_MS)).toHaveLength(63);
    });

    it('delays no expiry of another job', async () => {
      await receive(64);
      await opened.passTime(MINUTE_MS);
      await refuse('UPDATE');
      const { inbox } = opened.store;
      expect(countsOf(await inbox.expire(MINUTE_MS / 2, 200))).toEqual({
        count: 63,
        outcomeUnknownCount: 0,
        unknownKindCount: 0,
      });
      expect(countsOf(await inbox.expire(MINUTE_MS / 2, 200))).toEqual({
        count: 0,
        outcomeUnknownCount: 0,
        unknownKindCount: 0,
      });
    });

    it('delays no deletion of another job', async () => {
      await receive(64);
      await opened.passTime(MINUTE_MS);
      const { inbox } = opened.store;
      await inbox.expire(MINUTE_MS / 2, 200);
      await opened.passTime(2 * DAY_MS);
      await refuse('DELETE');
      expect(await inbox.purge(RETENTION, 200)).toBe(63);
      expect(await inbox.purge(RETENTION, 200)).toBe(0);
    });
  });
}
