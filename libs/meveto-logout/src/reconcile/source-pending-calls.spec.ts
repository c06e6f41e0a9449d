import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { PendingCallsUnavailableError } from '../errors.js';
import type { PendingCallSource } from './pending-call-source.js';
import { SourcePendingCalls } from './source-pending-calls.js';

const TOKEN = 'token-that-nobody-may-see';
const call = (facts: object = {}) => ({ id: 'a', type: 'User_Logged_Out', userToken: TOKEN, ...facts });

function listOf(page: (cursor: string | undefined, signal: AbortSignal) => unknown, timeoutMs = 5_000) {
  return new SourcePendingCalls({ page } as unknown as PendingCallSource, timeoutMs);
}
const never = new AbortController().signal;

async function failureOf(page: () => unknown, timeoutMs?: number): Promise<PendingCallsUnavailableError> {
  try {
    await listOf(page, timeoutMs).page(undefined, never);
  } catch (error) {
    if (error instanceof PendingCallsUnavailableError) return error;
    throw error;
  }
  throw new Error('no failure');
}

describe('a page of a source of the application’s own', () => {
  it('gives its calls, with tokens that do not print', async () => {
    const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
    const page = await listOf(() => ({
      calls: [
        call({ createdAt: new Date(at) }),
        call({ id: 7, createdAt: at }),
        call({ id: 'c', createdAt: '2026-01-02T03:04:05.678Z' }),
        call({ id: 'd' }),
      ],
      next: 'two',
    })).page(undefined, never);
    expect(page).toMatchObject({ skippedCount: 0, next: 'two' });
    expect(page.calls.map(({ id, createdAt }) => [id, createdAt])).toEqual([
      ['a', at],
      ['7', at],
      ['c', at],
      ['d', undefined],
    ]);
    expect(page.calls.every(({ token }) => token.reveal() === TOKEN)).toBe(true);
    expect(inspect(page, { depth: 9, showHidden: true }) + JSON.stringify(page)).not.toContain(TOKEN);
  });

  it('may come without a promise, and from a class that has what it needs', async () => {
    class Source {
      readonly #calls = [call()];
      page() {
        return { calls: this.#calls };
      }
    }
    const list = new SourcePendingCalls(new Source() as unknown as PendingCallSource, 1_000);
    expect((await list.page(undefined, never)).calls).toHaveLength(1);
  });

  it('is asked for with the cursor of the page before', async () => {
    const asked: unknown[] = [];
    await listOf((cursor) => {
      asked.push(cursor);
      return { calls: [] };
    }).page('two', never);
    expect(asked).toEqual(['two']);
  });

  it('leaves out and counts calls that are none', async () => {
    const wrong = [null, TOKEN, call({ id: '' }), call({ type: 'Other' }), call({ userToken: 'a b' })];
    const undated = call({ createdAt: new Date(Number.NaN) });
    const page = await listOf(() => ({ calls: [...wrong, undated] })).page(undefined, never);
    expect(page.skippedCount).toBe(5);
    expect(page.calls).toMatchObject([{ id: 'a', createdAt: undefined }]);
  });

  it.each([undefined, null, TOKEN, [], {}, { calls: TOKEN }, { calls: { 0: call() } }])(
    'is a failure when it is none: %#',
    async (given) => {
      expect((await failureOf(() => given)).reason).toBe('reconcile.source gave no page');
    },
  );

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error(`GET /?token=${TOKEN}`);
      },
    ],
    ['rejects', () => Promise.reject(new TypeError(TOKEN, { cause: TOKEN }))],
    [
      'throws no error',
      () => ({
        then: (_done: unknown, fail: (text: string) => void) => {
          fail(TOKEN);
        },
      }),
    ],
    [
      'gives what throws when it is read',
      () => ({
        calls: [
          {
            get id() {
              throw new Error(TOKEN);
            },
          },
        ],
      }),
    ],
  ])('is a failure without a word of it when the source %s', async (_how, page) => {
    const error = await failureOf(page);
    expect(error.reason).toBe('reconcile.source: failed');
    expect(inspect(error, { depth: 9, showHidden: true }) + (error.stack ?? '')).not.toContain(TOKEN);
  });

  it('is put off as long as the source says', async () => {
    const later = new PendingCallsUnavailableError(TOKEN, 90_000);
    const error = await failureOf(() => Promise.reject(later));
    expect(error).toMatchObject({ reason: 'reconcile.source: failed', retryAfterMs: 90_000 });
    const nonsense = new PendingCallsUnavailableError('x', Number.NaN);
    expect((await failureOf(() => Promise.reject(nonsense))).retryAfterMs).toBeUndefined();
  });

  it('is a failure after the deadline, although the source heeds no signal', async () => {
    const heard: AbortSignal[] = [];
    const list = listOf((_cursor, signal) => {
      heard.push(signal);
      return new Promise(() => undefined);
    }, 50);
    const keepAlive = setInterval(() => undefined, 1_000);
    await expect(list.page(undefined, never)).rejects.toThrow('reconcile.source: no answer in time');
    clearInterval(keepAlive);
    expect(heard[0]?.aborted).toBe(true);
  });

  it('is broken off by a stop', async () => {
    const stopping = new AbortController();
    const page = listOf(() => new Promise(() => undefined)).page(undefined, stopping.signal);
    stopping.abort();
    await expect(page).rejects.toThrow(PendingCallsUnavailableError);
  });

  it('is not asked for any more after a stop', async () => {
    let asked = 0;
    const list = listOf(() => (asked += 1));
    await expect(list.page(undefined, AbortSignal.abort())).rejects.toThrow(PendingCallsUnavailableError);
    expect(asked).toBe(0);
  });
});
