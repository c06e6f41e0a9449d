import { describe, expect, it } from '@jest/globals';
import { StoreUnavailableError } from './errors.js';
import { Isolation, isolated, isRowFault } from './isolation.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const refused = () => new StoreUnavailableError('write', { isRowFault: true });
const outage = () => new StoreUnavailableError('write');

/** Writes numbers, except the refused ones. Records each transaction. */
function writer(isRefused: (n: number) => boolean) {
  const transactions: (readonly number[])[] = [];
  const write = (jobs: readonly number[]): Promise<readonly number[]> => {
    transactions.push(jobs);
    return jobs.some(isRefused) ? Promise.reject(refused()) : Promise.resolve(jobs);
  };
  return { transactions, write };
}

describe('a batch', () => {
  it('needs one transaction if no row is refused', async () => {
    const { transactions, write } = writer(() => false);
    expect(await isolated(numbers(256), write)).toEqual({ results: [numbers(256)], failed: [] });
    expect(transactions).toHaveLength(1);
  });

  it.each([64, 256, 500])('of %d loses only the refused jobs', async (count) => {
    const bad = new Set([0, 13, count - 1]);
    const { transactions, write } = writer((n) => bad.has(n));
    const { results, failed } = await isolated(numbers(count), write);
    expect(results.flat().sort((a, b) => a - b)).toEqual(numbers(count).filter((n) => !bad.has(n)));
    expect(failed.map(({ job }) => job)).toEqual([...bad]);
    expect(failed.every(({ error }) => isRowFault(error))).toBe(true);
    expect(transactions.length).toBeLessThan(100);
  });

  it('of one job rejects with the error of the job', async () => {
    const { transactions, write } = writer(() => true);
    await expect(isolated([1], write)).rejects.toMatchObject({ isRowFault: true });
    expect(transactions).toHaveLength(1);
  });

  it('is tried once during an outage', async () => {
    const tries: number[] = [];
    const write = (jobs: readonly number[]): Promise<void> => {
      tries.push(jobs.length);
      return Promise.reject(outage());
    };
    await expect(isolated(numbers(256), write)).rejects.toThrow(StoreUnavailableError);
    expect(tries).toEqual([256]);
  });

  it('is not tried further when an outage follows', async () => {
    let tries = 0;
    const write = (jobs: readonly number[]): Promise<readonly number[]> => {
      tries += 1;
      if (tries === 3) return Promise.reject(outage());
      return jobs.includes(200) ? Promise.reject(refused()) : Promise.resolve(jobs);
    };
    const { results, failed } = await isolated(numbers(256), write);
    expect(tries).toBe(3);
    expect(results).toHaveLength(1);
    expect(failed).toHaveLength(240);
  });

  it('is divided into parts, a few of which are written at the same time', async () => {
    let running = 0;
    let most = 0;
    const write = async (jobs: readonly number[]): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      if (jobs.includes(3)) throw refused();
    };
    const isolation = new Isolation(4);
    const both = await Promise.all([
      isolation.write(numbers(64), write),
      isolation.write(numbers(64), write),
    ]);
    expect(both.map(({ failed }) => failed.map(({ job }) => job))).toEqual([[3], [3]]);
    expect(most).toBe(4);
  });

  it('of no jobs is not written', async () => {
    const { transactions, write } = writer(() => false);
    expect(await new Isolation().write([], write)).toEqual({ results: [], failed: [] });
    expect(transactions).toEqual([]);
  });
});
