import { describe, expect, it, jest } from '@jest/globals';
import type { HttpAdapterHost } from '@nestjs/core';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { withAccessToken } from './handshake-request.js';
import { HandshakeSessions } from './handshake-sessions.js';
import type { SessionReader } from './session-reader.port.js';

const server = { the: 'server' };
const host = { httpAdapter: { getInstance: () => server } } as unknown as HttpAdapterHost;
const handshakesOf = (reader: object) =>
  new HandshakeSessions({ sessions: [reader as SessionReader] } as unknown as ResolvedOptions, host);
const request = { headers: { cookie: 'sid=1' } };

describe('the sessions of a socket', () => {
  it('are read from its handshake, with the application’s server', async () => {
    const prepareHandshake = jest.fn(() => Promise.resolve());
    const sessions = handshakesOf({ read: () => ({ userId: 7, signedInAt: 5 }), prepareHandshake });
    expect(await sessions.of({}, () => request)).toEqual([{ userId: 7, signedInAt: 5 }]);
    expect(prepareHandshake.mock.calls).toEqual([[request, server]]);
  });

  it('are read once for each socket, and then known at once', async () => {
    const read = jest.fn(() => ({ userId: 7, signedInAt: 5 }));
    const sessions = handshakesOf({ read });
    const socket = {};
    const first = await sessions.of(socket, () => request);
    expect(sessions.of(socket, () => request)).toBe(first);
    await sessions.of({}, () => request);
    expect(read).toHaveBeenCalledTimes(2);
  });

  it('are looked for again until one is found', async () => {
    const read = jest.fn<() => object | undefined>(() => undefined);
    const sessions = handshakesOf({ read });
    const socket = {};
    expect(await sessions.of(socket, () => request)).toEqual([]);
    read.mockReturnValue({ userId: 7, signedInAt: 5 });
    expect(await sessions.of(socket, () => request)).toEqual([{ userId: 7, signedInAt: 5 }]);
    expect(sessions.of(socket, () => request)).toEqual([{ userId: 7, signedInAt: 5 }]);
    expect(read).toHaveBeenCalledTimes(2);
  });

  it('are read again after a failure', async () => {
    const prepareHandshake = jest
      .fn<() => Promise<void>>()
      .mockRejectedValueOnce(new Error('down'))
      .mockResolvedValue();
    const sessions = handshakesOf({ read: () => undefined, prepareHandshake });
    const socket = {};
    await expect(sessions.of(socket, () => request)).rejects.toThrow('down');
    expect(await sessions.of(socket, () => request)).toEqual([]);
  });
});

describe('a handshake with an access token', () => {
  it.each(['abc', 'Bearer abc', 'bearer  abc'])('has it as a header: %s', (token) => {
    const withToken = withAccessToken(request, token);
    expect(withToken.headers).toEqual({ cookie: 'sid=1', authorization: 'Bearer abc' });
    expect(request.headers).toEqual({ cookie: 'sid=1' });
  });

  it.each([undefined, null, 7, {}])('has none: %j', (token) => {
    expect(withAccessToken(request, token)).toBe(request);
  });
});
