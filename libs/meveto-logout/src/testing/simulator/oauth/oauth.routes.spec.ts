import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MevetoSimulator } from '../meveto-simulator.js';

const REDIRECT_URI = 'http://127.0.0.1:3999/meveto/redirect?from=meveto';
const ASKED = {
  client_id: 'shop',
  scope: 'default-client-access',
  response_type: 'code',
  redirect_uri: REDIRECT_URI,
  state: 'a&b',
};

describe('login with Meveto', () => {
  let sim: MevetoSimulator;
  beforeEach(async () => {
    sim = new MevetoSimulator();
    await sim.start();
    sim.addApplication({
      clientId: 'shop',
      clientSecret: 'shop-secret',
      name: 'Shop',
      webhookUrl: `${sim.url}/nowhere`,
      homeUrl: 'http://127.0.0.1:3999/',
    });
  });
  afterEach(() => sim.stop());

  const authorize = (query: Record<string, string>, cookie = ''): Promise<Response> =>
    fetch(`${sim.url}/oauth-client?${new URLSearchParams(query).toString()}`, {
      headers: { cookie },
      redirect: 'manual',
    });
  const codeFor = async (person: string): Promise<string> => {
    const response = await authorize(ASKED, `theme=dark; meveto_simulator_person=${person}`);
    const back = new URL(response.headers.get('location') ?? '');
    expect(`${back.origin}${back.pathname}`).toBe('http://127.0.0.1:3999/meveto/redirect');
    expect(back.searchParams.get('from')).toBe('meveto');
    expect(back.searchParams.get('state')).toBe('a&b');
    return back.searchParams.get('code') ?? '';
  };
  const redeem = async (code: string, secret = 'shop-secret'): Promise<Record<string, unknown>> => {
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'shop',
      client_secret: secret,
      redirect_uri: REDIRECT_URI,
      code,
    });
    const response = await fetch(`${sim.url}/oauth/token`, { method: 'POST', body });
    return (await response.json()) as Record<string, unknown>;
  };
  const user = (accessToken: unknown): Promise<Response> =>
    fetch(`${sim.url}/api/client/user?client_id=shop`, {
      headers: { authorization: `Bearer ${String(accessToken)}` },
    });

  it('exchanges a code for the Meveto ID', async () => {
    const tokens = await redeem(await codeFor('meveto-alice'));
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600 });
    const response = await user(tokens['access_token']);
    expect(await response.json()).toMatchObject({ payload: { user: 'meveto-alice' } });
  });

  it('refuses a used code', async () => {
    const code = await codeFor('meveto-alice');
    await redeem(code);
    expect(await redeem(code)).toMatchObject({ error: 'invalid_grant' });
  });

  it('refuses a wrong client secret, and does not use up the code', async () => {
    const code = await codeFor('meveto-alice');
    expect(await redeem(code, 'wrong')).toMatchObject({ error: 'invalid_client' });
    expect(await redeem(code)).toHaveProperty('access_token');
  });

  it('answers 401 to an unknown access token', async () => {
    expect((await user('made-up')).status).toBe(401);
  });

  it('asks for the person, then continues with the login', async () => {
    const page = await (await authorize(ASKED)).text();
    expect(page).toContain('Continue as Alice');
    const continueTo = `/oauth-client?${new URLSearchParams(ASKED).toString()}`;
    const response = await fetch(`${sim.url}/sign-in`, {
      method: 'POST',
      body: new URLSearchParams({ person: 'meveto-alice', continue_to: continueTo }),
      redirect: 'manual',
    });
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(continueTo);
    expect(response.headers.get('set-cookie')).toBe(
      'meveto_simulator_person=meveto-alice; Path=/; HttpOnly; SameSite=Lax',
    );
  });

  it.each([
    ['https://evil.example/', 'belong to Shop'],
    ['http://127.0.0.1:4999/', 'belong to Shop'],
    ['nonsense', 'belong to Shop'],
  ])('never redirects to %s', async (redirect_uri, reason) => {
    const response = await authorize({ ...ASKED, redirect_uri }, 'meveto_simulator_person=meveto-alice');
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(reason);
  });

  it('treats localhost like 127.0.0.1', async () => {
    const redirect_uri = 'http://localhost:3999/meveto/redirect';
    const response = await authorize({ ...ASKED, redirect_uri }, 'meveto_simulator_person=meveto-alice');
    expect(response.headers.get('location')).toMatch(/^http:\/\/localhost:3999\/meveto\/redirect\?code=/);
  });

  it.each([
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ scope: 'everything' }, 'invalid_scope'],
  ])('answers the application that %j is not supported', async (change, error) => {
    const response = await authorize({ ...ASKED, ...change });
    const back = new URL(response.headers.get('location') ?? '');
    expect(back.searchParams.get('error')).toBe(error);
    expect(back.searchParams.get('state')).toBe('a&b');
  });
});
