import { afterEach, describe, expect, it } from '@jest/globals';
import { DemoProcess } from '../support/demo/demo-process.js';
import { TcpProxy } from '../support/network/tcp-proxy.js';
import { until } from '../support/until.js';

/** Redis is not available: it refuses connections, or is silent. */
describe('a start without Redis', () => {
  let demo: DemoProcess | undefined;
  let proxy: TcpProxy;
  const cluster = async (): Promise<unknown> => {
    const response = await fetch(`${String(demo?.url)}/health`);
    expect(response.status).toBe(200);
    return ((await response.json()) as { details: { cluster: { bus: unknown } } }).details.cluster.bus;
  };
  afterEach(async () => {
    await demo?.stop();
    await proxy.stop();
  });

  it('succeeds, logs it once, uses Redis as soon as it is available, and stops in time while it is not', async () => {
    proxy = await TcpProxy.start(String(process.env['TEST_REDIS_URL']));
    proxy.cut();
    demo = await DemoProcess.start({ REDIS_URL: `redis://127.0.0.1:${String(proxy.port)}` });
    expect(await cluster()).toBe('down');
    expect(demo.output.match(/Redis is not available/g)).toHaveLength(1);
    proxy.mend();
    await until('Redis is up', async () => (await cluster()) === 'up', 10_000);
    await until('the log line', () => demo?.output.includes('Redis is back'), 10_000);
    proxy.cut();
    await until('Redis is down', async () => (await cluster()) === 'down', 10_000);
    const stoppedAt = performance.now();
    await demo.stop();
    expect(performance.now() - stoppedAt).toBeLessThan(10_000);
    expect(demo.output).not.toMatch(/unhandled|uncaught|cut short/i);
  });
});
