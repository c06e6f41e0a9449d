import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { databaseKind } from '../support/database.js';
import { DemoApp, type DemoBrowser } from '../support/demo/demo-app.js';
import { LiveSocket } from '../support/live/live-socket.js';

interface Device {
  readonly id: string;
  readonly kind: 'session' | 'token';
  readonly client: string;
  readonly isCurrent: boolean;
  readonly signedInAt: string;
}

describe(`the demo's devices on ${databaseKind}`, () => {
  let demo: DemoApp;
  beforeEach(async () => {
    demo = await DemoApp.start();
  });
  afterEach(() => demo.stop());

  const listOf = async (response: Response): Promise<readonly Device[]> => {
    expect(response.status).toBe(200);
    return ((await response.json()) as { devices: Device[] }).devices;
  };
  const devicesOf = async (browser: DemoBrowser) => listOf(await browser.get('/api/devices'));
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it('use sockets that refuse long messages', async () => {
    const cookie = (await demo.loggedIn('alice')).cookies.get('connect.sid') ?? '';
    const connect = async () => {
      const live = new LiveSocket(demo.url, { cookie: `connect.sid=${cookie}` });
      await live.next('connect');
      return live;
    };
    const [brief, long] = [await connect(), await connect()];
    brief.socket.emit('anything', 'x'.repeat(15_000));
    long.socket.emit('anything', 'x'.repeat(17_000));
    expect(await long.next('disconnect')).toMatch(/^transport/);
    expect(brief.events).toEqual(['connect']);
    brief.close();
    long.close();
  });

  it('lists only the user’s own sessions and tokens, this one first, with their starts', async () => {
    const startedAt = Date.now();
    await demo.loggedIn('bob');
    const elsewhere = await demo.loggedIn('alice');
    const token = await demo.token('alice');
    const here = await demo.loggedIn('alice');

    const devices = await devicesOf(here);
    expect(devices.map(({ kind, client, isCurrent }) => ({ kind, client, isCurrent }))).toEqual([
      { kind: 'session', client: 'Firefox on Linux', isCurrent: true },
      { kind: 'token', client: 'tests', isCurrent: false },
      { kind: 'session', client: 'Firefox on Linux', isCurrent: false },
    ]);
    for (const { signedInAt } of devices) expect(Date.parse(signedInAt)).toBeGreaterThan(startedAt - 1_000);
    const byToken = await listOf(await fetch(`${demo.url}/api/devices`, { headers: bearer(token) }));
    expect(byToken.find(({ isCurrent }) => isCurrent)?.kind).toBe('token');

    const page = await (await elsewhere.get('/devices')).text();
    expect(page.match(/data-device="/g)).toHaveLength(3);
    expect(page).not.toContain(decodeURIComponent(here.cookies.get('connect.sid') ?? '').slice(2, 20));
  });

  it('omits ended sessions and tokens whose rows still exist', async () => {
    const before = await demo.loggedIn('alice');
    await demo.token('alice');
    expect(await devicesOf(before)).toHaveLength(2);
    await demo.logOut('alice');
    expect((await before.get('/api/devices')).status).toBe(401);
    expect((await before.get('/devices')).status).toBe(303);
    const after = await demo.loggedIn('alice');
    expect((await devicesOf(after)).map(({ isCurrent }) => isCurrent)).toEqual([true]);
  });

  it('signs out another browser and a token', async () => {
    const here = await demo.loggedIn('alice');
    const elsewhere = await demo.loggedIn('alice');
    const token = await demo.token('alice');
    for (const { id, isCurrent } of await devicesOf(here)) {
      if (!isCurrent) expect((await here.post(`/devices/${id}/sign-out`, {})).status).toBe(303);
    }
    expect(await devicesOf(here)).toHaveLength(1);
    expect((await elsewhere.get('/profile')).status).toBe(303);
    expect((await fetch(`${demo.url}/api/profile`, { headers: bearer(token) })).status).toBe(401);
    expect((await here.get('/profile')).status).toBe(200);
  });

  it('signs out this browser through its own logout', async () => {
    const here = await demo.loggedIn('alice');
    const [own] = await devicesOf(here);
    const answer = await here.post(`/devices/${own?.id ?? ''}/sign-out`, {});
    expect([answer.status, answer.headers.get('location')]).toEqual([307, '/logout']);
    expect((await here.post('/logout', {})).headers.get('location')).toBe('/login');
    expect((await here.get('/api/devices')).status).toBe(401);
  });

  it('signs out no other user, and refuses forms of other sites', async () => {
    const alice = await demo.loggedIn('alice');
    const bob = await demo.loggedIn('bob');
    const [ofAlice] = await devicesOf(alice);
    const path = `/devices/${ofAlice?.id ?? ''}/sign-out`;
    expect((await bob.post(path, {})).status).toBe(404);
    expect((await alice.post(path, {}, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await demo.browser().post(path, {})).headers.get('location')).toBe('/login');
    expect((await alice.get('/profile')).status).toBe(200);
  });
});
