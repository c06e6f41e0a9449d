import { expect, it, jest } from '@jest/globals';
import type { HandshakeSessions, OpenConnections, SessionValidator } from '../sessions/index.js';
import { MevetoLogoutSockets } from './meveto-logout-sockets.js';

it('watches an admitted socket before a logout can be learned after the check of its session', async () => {
  const order: string[] = [];
  const validator = {
    validate: () => {
      queueMicrotask(() => order.push('a logout'));
      return undefined;
    },
  };
  const handshakes = {
    opened: () => undefined,
    ofOpened: () => Promise.resolve([{ userId: '7', signedInAt: 5 }]),
  };
  const streams = { watchSocket: () => order.push('watched') };
  const sockets = new MevetoLogoutSockets(
    validator as unknown as SessionValidator,
    handshakes as unknown as HandshakeSessions,
    streams as unknown as OpenConnections,
  );
  const client = { close: jest.fn(), once: jest.fn() };
  expect(await sockets.admit(client, { headers: {} })).toBe(true);
  expect(order).toEqual(['watched', 'a logout']);
});
