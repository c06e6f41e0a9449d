import { describe, expect, it } from '@jest/globals';
import { staysTrue, until } from './until.js';

describe('until', () => {
  it('resolves with the first truthy result', async () => {
    let checks = 0;
    expect(await until('the third check', () => (checks += 1) > 2 && checks)).toBe(3);
  });

  it('fails after the time limit with the text of the condition', async () => {
    await expect(until('an impossible result', () => false, 20)).rejects.toThrow(
      'not within 20 ms: an impossible result',
    );
  });
});

describe('staysTrue', () => {
  it('checks until the end of the time, and at the end', async () => {
    const startedAt = performance.now();
    let lastCheckMs = 0;
    await staysTrue('a constant result', 40, () => {
      lastCheckMs = performance.now() - startedAt;
      return true;
    });
    expect(lastCheckMs).toBeGreaterThanOrEqual(39);
  });

  it('fails as soon as the result is false', async () => {
    const startedAt = performance.now();
    const isQuiet = () => performance.now() - startedAt < 30;
    await expect(staysTrue('quiet', 5_000, isQuiet)).rejects.toThrow(/^no longer true after \d+ ms: quiet$/);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
