import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { PendingWebhooksUnavailableError } from './errors.js';
import type { PendingWebhookSource, SourceContext, SourceRequest } from './pending-webhook-source.js';
import { PendingListClient } from './pending-list-client.js';
import type { MevetoAnswer, MevetoHttp, MevetoRequest } from './meveto-http.js';
import type { ResolvedMeveto } from './resolve-meveto.js';
import { SourcePendingWebhooks } from './source-pending-webhooks.js';

const TOKEN = 'token-that-nobody-may-see';
const webhook = (facts: object = {}) => ({ id: 'a', type: 'User_Logged_Out', userToken: TOKEN, ...facts });

const noClient = { get: () => Promise.reject(new Error('not requested')) };

function listOf(
  page: (cursor: string | undefined, context: SourceContext) => unknown,
  timeoutMs = 5_000,
  client: Pick<PendingListClient, 'get'> = noClient,
) {
  return new SourcePendingWebhooks({ page } as unknown as PendingWebhookSource, timeoutMs, client);
}
const never = new AbortController().signal;

async function failureOf(page: () => unknown, timeoutMs?: number): Promise<PendingWebhooksUnavailableError> {
  try {
    await listOf(page, timeoutMs).page(undefined, never);
  } catch (error) {
    if (error instanceof PendingWebhooksUnavailableError) return error;
    throw error;
  }
  throw new Error('no failure');
}

describe('a page from a source of the application', () => {
  it('contains its webhooks, with tokens that do not print', async () => {
    const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
    const page = await listOf(() => ({
      webhooks: [
        webhook({ createdAt: new Date(at) }),
        webhook({ id: 7, createdAt: at }),
        webhook({ id: 'c', createdAt: '2026-01-02T03:04:05.678Z' }),
        webhook({ id: 'd' }),
      ],
      next: 'two',
    })).page(undefined, never);
    expect(page).toMatchObject({ skippedCount: 0, next: 'two' });
    expect(page.webhooks.map(({ id, createdAt }) => [id, createdAt])).toEqual([
      ['a', at],
      ['7', at],
      ['c', at],
      ['d', undefined],
    ]);
    expect(page.webhooks.every(({ token }) => token.reveal() === TOKEN)).toBe(true);
    expect(inspect(page, { depth: 9, showHidden: true }) + JSON.stringify(page)).not.toContain(TOKEN);
  });

  it('may come without a promise, and from a method that uses its class', async () => {
    class Source {
      readonly #listed = [webhook()];
      page() {
        return { webhooks: this.#listed };
      }
    }
    const list = new SourcePendingWebhooks(new Source() as unknown as PendingWebhookSource, 1_000, noClient);
    expect((await list.page(undefined, never)).webhooks).toHaveLength(1);
  });

  it('is requested with the cursor of the previous page', async () => {
    const asked: unknown[] = [];
    await listOf((cursor) => {
      asked.push(cursor);
      return { webhooks: [] };
    }).page('two', never);
    expect(asked).toEqual(['two']);
  });

  it('skips and counts invalid entries', async () => {
    const wrong = [
      null,
      TOKEN,
      webhook({ id: '' }),
      webhook({ type: 'Other' }),
      webhook({ userToken: 'a b' }),
    ];
    const undated = webhook({ createdAt: new Date(Number.NaN) });
    const page = await listOf(() => ({ webhooks: [...wrong, undated] })).page(undefined, never);
    expect(page.skippedCount).toBe(5);
    expect(page.webhooks).toMatchObject([{ id: 'a', createdAt: undefined }]);
  });

  it.each([undefined, null, TOKEN, [], {}, { webhooks: TOKEN }, { webhooks: { 0: webhook() } }])(
    'is a failure when it is not a page: %#',
    async (given) => {
      expect((await failureOf(() => given)).reason).toBe('reconcile.source returned no page');
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
      'throws a value that is not an error',
      () => ({
        then: (_done: unknown, fail: (text: string) => void) => {
          fail(TOKEN);
        },
      }),
    ],
    [
      'returns an object that throws when it is read',
      () => ({
        webhooks: [
          {
            get id() {
              throw new Error(TOKEN);
            },
          },
        ],
      }),
    ],
  ])('is a failure that quotes nothing when the source %s', async (_how, page) => {
    const error = await failureOf(page);
    expect(error.reason).toBe('reconcile.source: failed');
    expect(inspect(error, { depth: 9, showHidden: true }) + (error.stack ?? '')).not.toContain(TOKEN);
  });

  it('is a failure with the pause that the source asks for', async () => {
    const later = new PendingWebhooksUnavailableError(TOKEN, 90_000);
    const error = await failureOf(() => Promise.reject(later));
    expect(error).toMatchObject({ reason: 'reconcile.source: failed', retryAfterMs: 90_000 });
    const nonsense = new PendingWebhooksUnavailableError('x', Number.NaN);
    expect((await failureOf(() => Promise.reject(nonsense))).retryAfterMs).toBeUndefined();
  });

  it('is a failure after the deadline, even if the source ignores its signal', async () => {
    const received: AbortSignal[] = [];
    const list = listOf((_cursor, { signal }) => {
      received.push(signal);
      return new Promise(() => undefined);
    }, 50);
    const keepAlive = setInterval(() => undefined, 1_000);
    await expect(list.page(undefined, never)).rejects.toThrow('reconcile.source: no answer in time');
    clearInterval(keepAlive);
    expect(received[0]?.aborted).toBe(true);
  });

  it('is aborted by a stop', async () => {
    const stopping = new AbortController();
    const page = listOf(() => new Promise(() => undefined)).page(undefined, stopping.signal);
    stopping.abort();
    await expect(page).rejects.toThrow(PendingWebhooksUnavailableError);
  });

  it('is not requested after a stop', async () => {
    let asked = 0;
    const list = listOf(() => (asked += 1));
    await expect(list.page(undefined, AbortSignal.abort())).rejects.toThrow(PendingWebhooksUnavailableError);
    expect(asked).toBe(0);
  });
});

describe('the client that a source of the application gets', () => {
  const asked: MevetoRequest[] = [];
  const answered = (answer: Partial<Extract<MevetoAnswer, { kind: 'answer' }>> | MevetoAnswer) => {
    asked.length = 0;
    const meveto = {
      get: (request: MevetoRequest) => {
        asked.push(request);
        return Promise.resolve({
          kind: 'answer',
          status: 200,
          body: '{}',
          retryAfterMs: undefined,
          ...answer,
        });
      },
    };
    const options = { clientId: 'client', clientSecret: 'secret', exchange: { timeoutMs: 700 } };
    return new PendingListClient(meveto as unknown as MevetoHttp, options as unknown as ResolvedMeveto);
  };
  /** A source for another contract than the assumed one. */
  const sourceWith =
    (request?: SourceRequest, path = '/v2/webhooks') =>
    async (cursor: string | undefined, { get }: SourceContext) => {
      const answer = (await get(path, request)) as { data: { key: string; token: string }[]; more?: string };
      return {
        webhooks: answer.data.map(({ key, token }) =>
          webhook({ id: `${cursor ?? ''}${key}`, userToken: token }),
        ),
        next: answer.more,
      };
    };

  it('returns the parsed answer of a bounded request with HTTP Basic', async () => {
    const client = answered({ body: `{"data":[{"key":"a","token":"${TOKEN}"}],"more":"two"}` });
    const page = await listOf(sourceWith({ query: { after: 'one' } }), 5_000, client).page('one-', never);
    expect(page).toMatchObject({ webhooks: [{ id: 'one-a' }], next: 'two' });
    expect(asked).toMatchObject([
      {
        path: '/v2/webhooks',
        query: { after: 'one' },
        auth: { username: 'client', password: 'secret' },
        timeoutMs: 700,
        maxBytes: 16 * 1_048_576,
      },
    ]);
    expect(asked[0]?.signal.aborted).toBe(false);
  });

  it.each(['Authorization', 'authorization'])(
    'sends an own header %s without the client secret',
    async (name) => {
      const client = answered({ body: '{"data":[]}' });
      await listOf(sourceWith({ headers: { [name]: 'Bearer key' } }), 5_000, client).page(undefined, never);
      expect(asked).toMatchObject([{ headers: { [name]: 'Bearer key' }, query: {} }]);
      expect(asked[0]).not.toHaveProperty('auth');
    },
  );

  it.each<[MevetoAnswer | object, object]>([
    [
      { status: 429, retryAfterMs: 60_000 },
      { reason: 'reconcile.source: http-429', retryAfterMs: 60_000 },
    ],
    [{ status: 302 }, { reason: 'reconcile.source: http-302' }],
    [{ body: TOKEN }, { reason: 'reconcile.source: unexpected answer' }],
    [{ kind: 'failure', reason: 'timeout', maybeSent: true }, { reason: 'reconcile.source: timeout' }],
  ])('fails for %j with a reason that an operator sees', async (answer, failure) => {
    await expect(listOf(sourceWith(), 5_000, answered(answer)).page(undefined, never)).rejects.toMatchObject(
      failure,
    );
  });

  it.each(['v2', '', '@evil.example/', 'https://evil.example/', null, 7])(
    'requests no path without a slash at the start: %j',
    async (path) => {
      await expect(
        listOf(sourceWith({}, path as string), 5_000, answered({})).page(undefined, never),
      ).rejects.toMatchObject({
        reason: expect.stringContaining('a slash at the start'),
      });
      expect(asked).toEqual([]);
    },
  );

  it('may leave requests of its own unawaited that fail', async () => {
    const unhandled: unknown[] = [];
    const onRejection = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', onRejection);
    const failing = { get: () => Promise.reject(new PendingWebhooksUnavailableError('http-500')) };
    const source = async (_cursor: string | undefined, { get }: SourceContext) => {
      const [one, other] = [get('/one'), get('/other')];
      await one;
      await other;
    };
    await expect(listOf(source, 1_000, failing).page(undefined, never)).rejects.toThrow(
      PendingWebhooksUnavailableError,
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', onRejection);
    expect(unhandled).toEqual([]);
  });
});
