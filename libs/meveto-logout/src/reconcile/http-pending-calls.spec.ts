import { describe, expect, it } from '@jest/globals';
import type { MevetoAnswer, MevetoHttp, MevetoRequest } from '../meveto-api/meveto-http.js';
import { Faults } from '../options/checks.js';
import type { ReconcileOptions } from '../options/meveto-options.js';
import type { MevetoLogoutOptions } from '../options/options.js';
import { resolveMeveto } from '../options/resolve-meveto.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { HttpPendingCalls } from './http-pending-calls.js';

const EMPTY = '{"status":"Pending_Webhooks_Retrieved","payload":{"webhooks":[]}}';
const signal = new AbortController().signal;

describe('a question for the pending list', () => {
  const asked: MevetoRequest[] = [];
  function listOf(reconcile: ReconcileOptions, body = EMPTY, status = 200): HttpPendingCalls {
    asked.length = 0;
    const meveto = {
      get: (request: MevetoRequest): Promise<MevetoAnswer> => {
        asked.push(request);
        return Promise.resolve({ kind: 'answer', status, body, retryAfterMs: undefined });
      },
    };
    const resolved = resolveMeveto({ reconcile } as MevetoLogoutOptions, 8_000, new Faults());
    const options = { clientId: 'client', clientSecret: 'secret', ...resolved } as ResolvedOptions;
    return new HttpPendingCalls(meveto as unknown as MevetoHttp, options);
  }

  it('goes to the default place with HTTP Basic', async () => {
    await listOf({}).page(undefined, signal);
    await expect(listOf({}).page('two', signal)).resolves.toMatchObject({ calls: [] });
    expect(asked).toMatchObject([
      {
        path: '/api/client/webhooks/pending',
        query: { cursor: 'two' },
        auth: { username: 'client', password: 'secret' },
      },
    ]);
  });

  it('goes where the options say, with their headers and without the client’s secret', async () => {
    const list = listOf({
      path: '/v2/calls',
      cursorParameter: 'after',
      authentication: () => Promise.resolve({ Authorization: 'Bearer key' }),
    });
    await list.page('two', signal);
    expect(asked).toMatchObject([
      { path: '/v2/calls', query: { after: 'two' }, headers: { Authorization: 'Bearer key' } },
    ]);
    expect(asked[0]).not.toHaveProperty('auth');
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('key-canary');
      },
    ],
    ['rejects', () => Promise.reject(new Error('key-canary'))],
    ['gives a text', () => 'key-canary'],
    ['gives a header that is no text', () => ({ Authorization: ['key-canary'] })],
  ])(
    'is not asked when the function for headers %s, and nothing of it is said',
    async (_how, authentication) => {
      const list = listOf({ authentication: authentication as () => Record<string, string> });
      const failure = await list.page(undefined, signal).catch((error: unknown) => error as Error);
      expect(failure).toMatchObject({ reason: 'reconcile.authentication gave no headers' });
      expect((failure as Error).message + String((failure as Error).stack)).not.toContain('key-canary');
      expect(asked).toEqual([]);
    },
  );

  it('has an answer only with 200, and as it is expected', async () => {
    await expect(listOf({}, EMPTY, 503).page(undefined, signal)).rejects.toThrow('http-503');
    await expect(listOf({}, '{"calls":[]}').page(undefined, signal)).rejects.toThrow('unexpected answer');
    const other: ReconcileOptions = { expectedStatus: false, fields: { calls: 'calls' } };
    await expect(listOf(other, '{"calls":[]}').page(undefined, signal)).resolves.toMatchObject({ calls: [] });
  });
});
