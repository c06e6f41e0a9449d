import { describe, expect, it } from '@jest/globals';
import { type PusherOptions, resolvePusherOptions, resolvePusherRoute } from './pusher-options.js';

const credentials = { appId: '1', key: 'key', secret: 'a-secret' };
const given: PusherOptions = { ...credentials, cluster: 'eu' };

describe('options of live push by Pusher', () => {
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

  it('accept another host and port, and pass both to browsers', () => {
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

  it('need no credentials when the application passes its own client', () => {
    const server = { triggerBatch: () => Promise.resolve(), authorizeChannel: () => ({ auth: '' }) };
    const { resolved, faults } = resolvePusherOptions({ key: 'key', cluster: 'eu', server });
    expect(faults).toEqual([]);
    expect(resolved.server).toBe(server);
  });

  it.each([null, undefined])('need credentials beside a server that is %j', (server) => {
    const { faults } = resolvePusherOptions({ key: 'key', cluster: 'eu', server } as never);
    expect(faults).toEqual([
      expect.stringContaining('livePush.appId: got nothing'),
      expect.stringContaining('livePush.secret: got nothing'),
    ]);
  });

  it.each(['text', {}, { triggerBatch: true }])('take no %j for a client', (server) => {
    const { faults } = resolvePusherOptions({ ...given, server } as never);
    expect(faults).toEqual([
      'livePush.server: expected a client of the package pusher. Example: ' +
        'new Pusher({ appId, key, secret, cluster }).',
    ]);
  });

  it.each([undefined, null, 7])('name what is missing when a factory gives %j', (nothing) => {
    const { faults } = resolvePusherOptions(nothing as never, 'factory');
    expect(faults).toContainEqual(expect.stringContaining('livePush.key: got nothing'));
  });

  it('name what a factory cannot give', () => {
    const route = { path: 'push', guards: [] };
    expect(resolvePusherOptions({ ...given, ...route }).faults).toEqual([]);
    expect(resolvePusherOptions({ ...given, ...route }, 'factory').faults).toEqual([
      'livePush.path: is a static option, which useFactory cannot give. Give it beside it: pusher({ path: …, useFactory }).',
      'livePush.guards: is a static option, which useFactory cannot give. Give it beside it: pusher({ guards: …, useFactory }).',
    ]);
  });

  it('have a route, which may not be anything', () => {
    expect(resolvePusherRoute({})).toEqual({ route: { path: 'meveto/pusher', guards: [] }, faults: [] });
    expect(resolvePusherRoute({ path: 7, guards: 'all' } as never).faults).toEqual([
      "livePush.path: got a number, expected a path. Example: 'meveto/pusher'.",
      "livePush.guards: got a string, expected a list of guards. Example: [AuthGuard('jwt')].",
    ]);
  });

  it.each<[string, Partial<PusherOptions>, string]>([
    ['no secret', { secret: '' }, 'livePush.secret: got an empty string'],
    ['a cluster and a host', { host: 'push.example' }, 'livePush: expected either cluster or host'],
    [
      'no TLS to Pusher itself',
      { useTLS: false },
      'livePush.useTLS: got false, expected true: Pusher itself',
    ],
    ['a time-out out of bounds', { timeoutMs: 1 }, 'livePush.timeoutMs: got 1'],
    ['no redirects at all', { redirectsPerSecond: 0 }, 'livePush.redirectsPerSecond: got 0'],
  ])('are refused with %s, and quote no secret', (_what, more, fault) => {
    const { faults } = resolvePusherOptions({ ...given, ...more });
    expect(faults).toEqual([expect.stringContaining(fault)]);
    expect(faults.join()).not.toContain('a-secret');
  });

  it.each<[string, Partial<PusherOptions>, string]>([
    ['neither a cluster nor a host', {}, 'livePush: expected either cluster or host'],
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
