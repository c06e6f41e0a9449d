import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MevetoSimulator } from '../meveto-simulator.js';

const APPLICATION = {
  clientId: 'shop',
  clientSecret: 'shop-secret',
  name: 'Shop',
  webhookUrl: 'http://127.0.0.1:9/',
  homeUrl: 'http://127.0.0.1:9/',
};
const RETRIEVED = { status: 'Token_User_Retrieved', payload: { user: 'meveto-alice' } };

describe('faults of the API', () => {
  let sim: MevetoSimulator;
  beforeEach(async () => {
    sim = new MevetoSimulator({ applications: [APPLICATION] });
    await sim.start();
  });
  afterEach(() => sim.stop());

  const exchange = (token: string): Promise<Response> =>
    fetch(`${sim.url}/api/client/user-for-token?token=${token}`);
  const pending = (): Promise<Response> => {
    const basic = Buffer.from('shop:shop-secret').toString('base64');
    return fetch(`${sim.url}/api/client/webhooks/pending`, { headers: { authorization: `Basic ${basic}` } });
  };

  it('refuse with a status and Retry-After, and keep the token valid', async () => {
    const token = sim.issueUserToken('meveto-alice');
    sim.faults.set({ exchange: { kind: 'status', status: 503, retryAfterSeconds: 5, count: 1 } });
    const refused = await exchange(token);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await (await exchange(token)).json()).toEqual(RETRIEVED);
  });

  it('answer 200 with an error, and keep the token valid', async () => {
    const token = sim.issueUserToken('meveto-alice');
    sim.faults.set({ exchange: { kind: 'error-body', count: 1 } });
    const response = await exchange(token);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ error: 'server_error', error_description: 'Planned fault' });
    expect(await (await exchange(token)).json()).toEqual(RETRIEVED);
  });

  it('close the connection before the request takes effect', async () => {
    const token = sim.issueUserToken('meveto-alice');
    sim.faults.set({ exchange: { kind: 'cut', count: 1 } });
    await expect(exchange(token)).rejects.toThrow();
    expect(sim.exchanges).toEqual([]);
    expect(await (await exchange(token)).json()).toEqual(RETRIEVED);
  });

  it('lose the answer after the token is used up', async () => {
    const token = sim.issueUserToken('meveto-alice');
    sim.faults.set({ exchange: { kind: 'lost-answer', count: 1 } });
    await expect(exchange(token)).rejects.toThrow();
    expect(sim.exchanges).toMatchObject([{ token, outcome: 'retrieved' }]);
    expect(await (await exchange(token)).json()).toMatchObject({ status: 'Invalid_User_Token' });
  });

  it('delay the answer of a request that took effect at once', async () => {
    const token = sim.issueUserToken('meveto-alice');
    sim.faults.set({ exchange: { kind: 'late', delayMs: 100, count: 1 } });
    const startedAt = performance.now();
    const answered = exchange(token);
    expect(await (await exchange(token)).json()).toMatchObject({ status: 'Invalid_User_Token' });
    expect(await (await answered).json()).toEqual(RETRIEVED);
    expect(performance.now() - startedAt).toBeGreaterThan(95);
  });

  it('do not delay a stop while an answer is late', async () => {
    sim.faults.set({ exchange: { kind: 'late', delayMs: 600_000 } });
    const answered = exchange('any').catch(() => 'cut');
    while (sim.exchanges.length === 0) await new Promise(setImmediate);
    await sim.stop();
    expect(await answered).toBe('cut');
  });

  it.each([
    ['not-json', /^<!doctype html>/],
    ['cut-off-json', /^{"status":"Token_U[^}]*$/],
    ['huge', /^{"status":"Token_User_Retrieved","payload":{"user":"meveto-alice"},"padding":"x{2097152}"}$/],
    ['wrong-shape', /^{"status":"Token_User_Retrieved","payload":{"user":\[\],/],
  ] as const)('answers %s with the token used up', async (kind, text) => {
    const token = sim.issueUserToken('meveto-alice');
    sim.faults.set({ exchange: { kind, count: 1 } });
    const response = await exchange(token);
    expect(response.status).toBe(200);
    expect(await response.text()).toMatch(text);
    expect(sim.exchanges).toMatchObject([{ outcome: 'retrieved' }]);
  });

  it('affect the list of pending webhooks and the login separately from the exchange', async () => {
    sim.faults.set({
      pending: { kind: 'status', status: 500 },
      login: { kind: 'not-json' },
    });
    expect((await pending()).status).toBe(500);
    const login = await fetch(`${sim.url}/api/client/user?client_id=shop`);
    expect(login.headers.get('content-type')).toMatch(/^text\/html/);
    expect((await exchange('any')).status).toBe(200);
    sim.faults.clear();
    expect(await (await pending()).json()).toMatchObject({ status: 'Pending_Webhooks_Retrieved' });
  });
});
