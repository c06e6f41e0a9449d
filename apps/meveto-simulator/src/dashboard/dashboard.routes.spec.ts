import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MevetoSimulator } from '../index.js';

const AS_ALICE = { cookie: 'meveto_simulator_person=meveto-alice' };

describe('dashboard', () => {
  let sim: MevetoSimulator;
  beforeEach(async () => {
    sim = new MevetoSimulator({ attemptCount: 1 });
    await sim.start();
    sim.addApplication({
      clientId: 'my shop',
      clientSecret: 'secret',
      name: '<b>Shop & Co</b>',
      // A place that answers: 404.
      webhookUrl: `${sim.url}/nowhere`,
      homeUrl: 'http://127.0.0.1:3999/',
    });
  });
  afterEach(() => sim.stop());

  const page = async (headers: Record<string, string> = AS_ALICE): Promise<string> =>
    (await fetch(sim.url, { headers })).text();
  const post = (path: string, headers: Record<string, string>): Promise<Response> =>
    fetch(`${sim.url}${path}`, { method: 'POST', headers, redirect: 'manual' });

  it('asks who you are, then lists every application', async () => {
    expect(await page({})).toContain('Continue as Carol');
    const text = await page();
    expect(text).toContain('You are Alice');
    expect(text).toContain('Not logged in through Meveto');
    expect(text).toContain('href="http://127.0.0.1:3999/"');
  });

  it('escapes what applications call themselves', async () => {
    const text = await page();
    expect(text).toContain('&lt;b&gt;Shop &amp; Co&lt;/b&gt;');
    expect(text).not.toContain('<b>');
  });

  it.each([
    ['log-out', 'User_Logged_Out', 'Logged out'],
    ['remove-protection', 'Meveto_Protection_Removed', 'Meveto not used'],
  ])('sends a webhook call for the button %s', async (button, type, state) => {
    const path = `/applications/my%20shop/${button}`;
    expect(await page()).toContain(`action="${path}"`);
    const response = await post(path, { ...AS_ALICE, origin: sim.url });
    expect(response.status).toBe(303);
    expect(sim.deliveries).toMatchObject([{ type, mevetoId: 'meveto-alice', clientId: 'my shop' }]);
    await sim.deliveries[0]?.settled;
    const text = await page();
    expect(text).toContain(state);
    expect(text).toContain('HTTP 404');
    expect(text).toContain(`${type} for Alice was not acknowledged in 1 attempts`);
  });

  it('never shows a user token in full', async () => {
    const { userToken } = await sim.logOut('meveto-alice', 'my shop');
    const text = await page();
    expect(text).toContain(`${userToken.slice(0, 6)}…`);
    expect(text).not.toContain(userToken.slice(0, 7));
  });

  it.each(['https://evil.example', 'http://127.0.0.1:1', 'null'])(
    'refuses a form of the origin %s',
    async (origin) => {
      const response = await post('/applications/my%20shop/log-out', { ...AS_ALICE, origin });
      expect(response.status).toBe(403);
      expect(sim.deliveries).toEqual([]);
    },
  );

  it('does nothing for nobody', async () => {
    await post('/applications/my%20shop/log-out', { cookie: 'meveto_simulator_person=stranger' });
    expect(sim.deliveries).toEqual([]);
  });

  it('goes nowhere else after a sign-in', async () => {
    const response = await fetch(`${sim.url}/sign-in`, {
      method: 'POST',
      body: new URLSearchParams({ person: 'meveto-bob', continue_to: '//evil.example/oauth-client?' }),
      redirect: 'manual',
    });
    expect(response.headers.get('location')).toBe('/');
  });

  it('forbids scripts and frames of others', async () => {
    const policy = (await fetch(sim.url)).headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
  });
});
