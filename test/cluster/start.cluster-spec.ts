import { afterEach, describe, expect, it } from '@jest/globals';
import { DemoProcess } from '../support/demo-process.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

/** Redis is not there: refused at once, or silent. */
describe('a start without Redis', () => {
  let demo: DemoProcess | undefined;
  let proxy: TcpProxy;
  const cluster = async (): Promise<unknown> => {
    const response = await fetch(`${String(demo?.url)}/health`);
    expect(response.status).toBe(200);
    return ((await response.json()) as { cluster: unknown }).cluster;
  };
  afterEach(async () => {
    await demo?.stop();
    await proxy.stop();
  });

  it('succeeds, says so once, uses Redis as soon as it is there, and stops in time while it is gone', async () => {
    proxy = await TcpProxy.start(String(process.env['TEST_REDIS_URL']));
    proxy.cut();
    demo = await DemoProcess.start({ REDIS_URL: `redis://127.0.0.1:${String(proxy.port)}` });
    expect(await cluster()).toBe('down');
    expect(demo.output.match(/Redis is not there/g)).toHaveLength(1);
    proxy.mend();
    await until('Redis is used', async () => (await cluster()) === 'up', 10_000);
    await until('that is said', () => demo?.output.includes('Redis is back'), 10_000);
    proxy.cut();
    await until('Redis is missed', async () => (await cluster()) === 'down', 10_000);
    const stoppedAt = performance.now();
    await demo.stop();
    expect(performance.now() - stoppedAt).toBeLessThan(10_000);
    expect(demo.output).not.toMatch(/unhandled|uncaught|cut short/i);
  });
});
