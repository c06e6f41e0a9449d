import { describe, expect, it } from '@jest/globals';
import { type PusherOptions, resolvePusherOptions } from './pusher-options.js';

const credentials = { appId: '1', key: 'key', secret: 'a-secret' };
const given: PusherOptions = { ...credentials, cluster: 'eu' };

describe('the options of Pusher', () => {
  it('have defaults', () => {
    expect(resolvePusherOptions(given)).toEqual({
      faults: [],
      resolved: {
        browser: { key: 'key', cluster: 'eu', forceTLS: true },
        timeoutMs: 5_000,
        redirectsPerSecond: 400,
        origins: [],
        server: {
          appId: '1',
          key: 'key',
          secret: 'a-secret',
          useTLS: true,
          timeoutMs: 5_000,
          cluster: 'eu',
          host: undefined,
        },
      },
    });
  });

  it('may name a server of one’s own, and its port for browsers, too', () => {
    const { resolved, faults } = resolvePusherOptions({
      ...credentials,
      host: '127.0.0.1',
      port: 6_001,
      useTLS: false,
    });
    expect(faults).toEqual([]);
    expect(resolved.browser).toEqual({
      key: 'key',
      cluster: '',
      forceTLS: false,
      wsHost: '127.0.0.1',
      wsPort: 6_001,
      wssPort: 6_001,
    });
  });

  it('need no credentials beside a client of the application’s own', () => {
    const server = { triggerBatch: () => Promise.resolve(), authorizeChannel: () => ({ auth: '' }) };
    const { resolved, faults } = resolvePusherOptions({ key: 'key', cluster: 'eu', server });
    expect(faults).toEqual([]);
    expect(resolved.server).toBe(server);
  });

  it.each<[string, Partial<PusherOptions>, string]>([
    ['no secret', { secret: '' }, 'livePush.secret: got an empty string'],
    ['a cluster and a host', { host: 'push.example' }, 'livePush: wanted either cluster or host'],
    ['no TLS to Pusher itself', { useTLS: false }, 'livePush.useTLS: got false, wanted true: Pusher itself'],
    ['a time-out out of bounds', { timeoutMs: 1 }, 'livePush.timeoutMs: got 1'],
    ['no redirects at all', { redirectsPerSecond: 0 }, 'livePush.redirectsPerSecond: got 0'],
  ])('are refused with %s, and quote no secret', (_what, more, fault) => {
    const { faults } = resolvePusherOptions({ ...given, ...more });
    expect(faults).toEqual([expect.stringContaining(fault)]);
    expect(faults.join()).not.toContain('a-secret');
  });

  it.each<[string, Partial<PusherOptions>, string]>([
    ['neither a cluster nor a host', {}, 'livePush: wanted either cluster or host'],
    [
      'no TLS to another machine',
      { host: 'push.example', useTLS: false },
      'without TLS only a host on a loopback',
    ],
    ['a port out of bounds', { host: 'push.example', port: 70_000 }, 'livePush.port: got 70000'],
  ])('are refused with %s', (_what, more, fault) => {
    const { faults } = resolvePusherOptions({ ...credentials, ...more });
    expect(faults).toEqual([expect.stringContaining(fault)]);
  });
});
