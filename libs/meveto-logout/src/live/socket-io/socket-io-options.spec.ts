import { describe, expect, it } from '@jest/globals';
import { resolveSocketIoOptions } from './socket-io-options.js';

const faultsOf = (options: object): readonly string[] => resolveSocketIoOptions(options).faults;

describe('options of live push by Socket.IO', () => {
  it('have defaults', () => {
    expect(resolveSocketIoOptions({})).toEqual({
      options: { namespaces: [], maxSocketsPerUser: 20, origins: [], redirectsPerSecond: 400 },
      faults: [],
    });
  });

  it('keep the given values', () => {
    const given = {
      namespaces: ['/chat', /^\/room-/],
      maxSocketsPerUser: 1,
      origins: ['https://app.example:8443'],
      redirectsPerSecond: 100_000,
    };
    expect(resolveSocketIoOptions(given)).toEqual({ options: given, faults: [] });
  });

  it.each([
    [{ namespaces: ['chat'] }, 'livePush.namespaces: expected'],
    [{ namespaces: '/chat' }, 'livePush.namespaces: expected'],
    [{ maxSocketsPerUser: 0 }, 'livePush.maxSocketsPerUser: got 0'],
    [{ redirectsPerSecond: 100_001 }, 'livePush.redirectsPerSecond: got 100001'],
    [{ origins: ['https://app.example/path'] }, 'livePush.origins: expected'],
    [{ origins: ['*'] }, 'livePush.origins: expected'],
    [{ namespace: ['/chat'] }, 'livePush.namespace: there is no such option'],
  ])('are refused as %j', (options, fault) => {
    expect(faultsOf(options)).toEqual([expect.stringContaining(fault)]);
  });
});
