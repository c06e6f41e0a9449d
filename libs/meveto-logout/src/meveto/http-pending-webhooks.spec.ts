import { describe, expect, it } from '@jest/globals';
import type { MevetoAnswer, MevetoHttp, MevetoRequest } from './meveto-http.js';
import { Faults } from '../core/faults.js';
import { HttpPendingWebhooks } from './http-pending-webhooks.js';
import { resolveMeveto } from './resolve-meveto.js';
import type { ReconcileOptions } from './options.js';

const EMPTY = '{"status":"Pending_Webhooks_Retrieved","payload":{"webhooks":[]}}';
const signal = new AbortController().signal;

describe('HttpPendingWebhooks', () => {
  const asked: MevetoRequest[] = [];
  function listOf(reconcile: ReconcileOptions, body = EMPTY, status = 200): HttpPendingWebhooks {
    asked.length = 0;
    const meveto = {
      get: (request: MevetoRequest): Promise<MevetoAnswer> => {
        asked.push(request);
        return Promise.resolve({ kind: 'answer', status, body, retryAfterMs: undefined });
      },
    };
    const resolved = resolveMeveto({ reconcile }, 6_000, new Faults());
    const options = { ...resolved, clientId: 'client', clientSecret: 'secret' };
    return new HttpPendingWebhooks(meveto as unknown as MevetoHttp, options);
  }

  it('requests the default path with HTTP Basic', async () => {
    await listOf({}).page(undefined, signal);
    await expect(listOf({}).page('two', signal)).resolves.toMatchObject({ webhooks: [] });
    expect(asked).toMatchObject([
      {
        path: '/api/client/webhooks/pending',
        query: { cursor: 'two' },
        auth: { username: 'client', password: 'secret' },
      },
    ]);
  });

  it('requests the configured path', async () => {
    await listOf({ path: '/v2/webhooks' }).page(undefined, signal);
    expect(asked).toMatchObject([{ path: '/v2/webhooks', query: {} }]);
  });

  it('fails for any status but 200 and for any unexpected body', async () => {
    await expect(listOf({}, EMPTY, 503).page(undefined, signal)).rejects.toThrow('http-503');
    await expect(listOf({}, '{"webhooks":[]}').page(undefined, signal)).rejects.toThrow('unexpected answer');
  });
});
