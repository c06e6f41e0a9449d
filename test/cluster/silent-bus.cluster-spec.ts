import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AnnouncedLogout } from 'nestjs-meveto-logout';
import { type Adapter, ADAPTERS } from '../support/live/cluster-adapters.js';
import { ioAdapter } from '../support/hosts/io-adapter.js';
import { SilentProxy } from '../support/network/silent-proxy.js';
import { type HostClient, World } from '../support/world.js';
import { letTimePass, until } from '../support/until.js';

const SILENT_FOR_MS = 10_000;
const REFRESH_MS = 500;

/** The network to the bus fails silently: nothing is refused or answered, and no connection ends. */
describe.each(ADAPTERS)('a silent bus on %s', (_name, openAdapter) => {
  let world: World;
  let proxies: ReadonlyMap<string, SilentProxy>;
  let adapters: Adapter[];
  let key: string;
  const replica = async (): Promise<HostClient> => {
    const opened = await openAdapter(key, (url) => proxies.get(url)?.instead(url) ?? '');
    adapters.push(opened);
    return world.start({
      options: { logouts: { pollIntervalMs: REFRESH_MS } },
      configure: ioAdapter({ adapter: opened.adapter }),
    });
  };
  const servers = ['TEST_REDIS_URL', 'TEST_DATABASE_URL'].map((name) => String(process.env[name]));
  beforeEach(async () => {
    adapters = [];
    key = `test-${randomUUID().slice(0, 8)}`;
    proxies = new Map(
      await Promise.all(servers.map(async (url) => [url, await SilentProxy.start(url)] as const)),
    );
    world = await World.create();
  });
  afterEach(async () => {
    await world.end();
    for (const adapter of adapters) await adapter.close();
    for (const proxy of proxies.values()) await proxy.stop();
  });

  it('does not stop replicas from learning of logouts, and works again when its network does', async () => {
    const [first, second] = [await replica(), await replica()];
    const received: AnnouncedLogout[] = [];
    second.service.logouts$.subscribe((logout) => received.push(logout));
    const logOut = async (): Promise<string | undefined> => {
      const before = received.length;
      await first.webhook(world.meveto.issueUserToken('m-1'));
      await until('the other replica knows', () => received.length > before, REFRESH_MS + 2_000);
      return received.at(-1)?.source;
    };
    await until('the bus works', async () => (await logOut()) === 'cluster', 10_000);
    for (const proxy of proxies.values()) proxy.fallSilent();
    const silentAt = performance.now();
    while (performance.now() < silentAt + SILENT_FOR_MS) {
      // It learns from the store, or has taken the job itself.
      expect(await logOut()).not.toBe('cluster');
      await letTimePass(REFRESH_MS);
    }
    for (const proxy of proxies.values()) proxy.heal();
    await until('the bus works again', async () => (await logOut()) === 'cluster', 20_000);
  });
});
