import { describe, expect, it } from '@jest/globals';
import { together } from '../several-adapters.js';
import { missingPackages, socketIo } from './socket-io.js';

describe('the packages of live push by Socket.IO', () => {
  const NOT_INSTALLED = [
    expect.stringMatching(
      /^livePush: .* @nestjs\/platform-socket\.io .* Install them, or set livePush: false\./,
    ),
  ];

  it('are found when they are installed', async () => {
    expect(await socketIo().missingPackages?.()).toEqual([]);
  });

  it('are a fault of the start when they cannot be loaded', async () => {
    const load = () => Promise.reject(new Error('Cannot find package'));
    expect(await missingPackages(load)).toEqual(NOT_INSTALLED);
  });

  it('are a fault of several adapters, too', async () => {
    const other = { ...socketIo(), missingPackages: () => Promise.resolve(['livePush: no package']) };
    expect(await together([socketIo(), other]).missingPackages?.()).toEqual(['livePush: no package']);
    expect(await together([{ port: other.port }]).missingPackages?.()).toEqual([]);
  });
});
