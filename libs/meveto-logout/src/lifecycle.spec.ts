import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Lifecycle } from './lifecycle.js';

describe('the start and the stop of the parts', () => {
  const parts = [
    'store',
    'refresher',
    'worker',
    'reconciler',
    'announcer',
    'relay',
    'known',
    'meveto',
    'names',
  ] as const;
  let calls: string[];
  let lifecycle: Lifecycle;

  beforeEach(() => {
    calls = [];
    /** Each part records the calls of its methods. */
    const recording = (part: string) =>
      new Proxy(
        {},
        { get: (_target, method) => jest.fn(() => void calls.push(`${part}.${String(method)}`)) },
      );
    lifecycle = Reflect.construct(Lifecycle, [
      ...parts.map((part) => recording(part)),
      { shutdownTimeoutMs: 0 },
      recording('report'),
    ]) as Lifecycle;
  });

  it('begins work when everything is known, and ends it before the store is closed', async () => {
    await lifecycle.onModuleInit();
    await lifecycle.onApplicationBootstrap();
    expect(calls.indexOf('worker.start')).toBeGreaterThan(calls.indexOf('refresher.start'));
    expect(calls.filter((call) => call === 'report.emit')).toHaveLength(1);
    await lifecycle.beforeApplicationShutdown();
    await lifecycle.onApplicationShutdown();
    expect(calls.indexOf('store.close')).toBeGreaterThan(calls.indexOf('worker.stop'));
  });

  it('starts no work in a process that receives a stop signal during its start', async () => {
    await lifecycle.onModuleInit();
    await lifecycle.beforeApplicationShutdown();
    await lifecycle.onApplicationBootstrap();
    expect(calls).not.toContain('worker.start');
    expect(calls).not.toContain('reconciler.start');
    expect(calls).not.toContain('report.emit');
  });
});
