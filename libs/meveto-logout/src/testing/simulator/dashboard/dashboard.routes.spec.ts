import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MevetoSimulator } from '../meveto-simulator.js';

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
      // A URL that answers 404.
      webhookUrl: `${sim.url}/nowhere`,
      homeUrl: 'http://127.0.0.1:3999/',
    });
  });
  afterEach(() => sim.stop());

  const page = async (headers: Record<string, string> = AS_ALICE): Promise<string> =>
    (await fetch(sim.url, { headers })).text();
  const post = (path: string, headers: Record<string, string>): Promise<Response> =>
    fetch(`${sim.url}${path}`, { method: 'POST', headers, redirect: 'manual' });

  it('asks for the person, then lists every application', async () => {
    expect(await page({})).toContain('Continue as Carol');
    const text = await page();
    expect(text).toContain('You are Alice');
    expect(text).toContain('Not logged in through Meveto');
    expect(text).toContain('href="http://127.0.0.1:3999/"');
  });

  it('escapes the names of applications', async () => {
    const text = await page();
    expect(text).toContain('&lt;b&gt;Shop &amp; Co&lt;/b&gt;');
    expect(text).not.toContain('<b>');
  });

  it.each([
    ['log-out', 'User_Logged_Out', 'Logged out'],
    ['remove-protection', 'Meveto_Protection_Removed', 'Meveto not used'],
  ])('sends a webhook for the button %s', async (button, type, state) => {
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

  it('does nothing without a chosen person', async () => {
    await post('/applications/my%20shop/log-out', { cookie: 'meveto_simulator_person=stranger' });
    expect(sim.deliveries).toEqual([]);
  });

  it('redirects to no other site after a sign-in', async () => {
    const response = await fetch(`${sim.url}/sign-in`, {
      method: 'POST',
      body: new URLSearchParams({ person: 'meveto-bob', continue_to: '//evil.example/oauth-client?' }),
      redirect: 'manual',
    });
    expect(response.headers.get('location')).toBe('/');
  });

  describe('faults', () => {
    const submit = (path: string, fields: Record<string, string> = {}): Promise<Response> =>
      fetch(`${sim.url}${path}`, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
    const badge = async (endpoint: string): Promise<string> =>
      new RegExp(`id="fault-${endpoint}"[^>]*>(.*?)</p>`, 's').exec(await page())?.[1] ?? '';

    it('sets, shows and removes a chosen fault', async () => {
      const response = await submit('/faults/exchange', { fault: 'lost-answer', occurrence: 'half' });
      expect(response.status).toBe(303);
      expect(sim.faults.planned('exchange')).toEqual([{ kind: 'lost-answer', probability: 0.5 }]);
      expect(await badge('exchange')).toContain('Processed, but the answer is lost, by chance, 1 in 2');
      expect(await badge('pending')).toContain('Works');
      await submit('/faults/exchange/clear');
      expect(sim.faults.planned('exchange')).toEqual([]);
      expect(await badge('exchange')).toContain('Works');
    });

    it('counts the occurrences of a fault', async () => {
      await submit('/faults/webhook', { fault: 'never', occurrence: 'once' });
      await sim.logOut('meveto-alice', 'my shop');
      expect(await badge('webhook')).toMatch(/Works.*occurred 1 time</s);
    });

    it('shows faults that a program has set', async () => {
      sim.faults.set({ pending: { kind: 'late', delayMs: 7 } });
      expect(await badge('pending')).toContain('late, every time');
    });

    it.each([
      ['/faults/nothing', { fault: 'late-2', occurrence: 'once' }],
      ['/faults/exchange', { fault: 'duplicate', occurrence: 'once' }],
      ['/faults/exchange', { fault: 'late-2', occurrence: 'never' }],
      ['/faults/constructor/clear', {}],
    ])('refuses %s with %j', async (path, fields) => {
      expect((await submit(path, fields)).status).toBe(400);
    });

    it('speeds up time', async () => {
      await submit('/speed', { speed: '60' });
      expect(sim.speed).toBe(60);
      await submit('/speed', { speed: '61' });
      expect(sim.speed).toBe(60);
      expect(await page()).toMatch(/value="60"\s+aria-pressed="true"/);
    });
  });

  it('forbids foreign scripts and frames', async () => {
    const policy = (await fetch(sim.url)).headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
  });
});
