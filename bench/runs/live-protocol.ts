/** The module's namespace. All Socket.IO servers of the measures use it, so that they have the same clients. */
export const NAMESPACE = '/meveto-logout';

/** The module's message to a page, for a server without the module. */
export const loggedOutEvent = (loggedOutAt: number): string =>
  JSON.stringify([
    'logged-out',
    {
      loggedOutAt: new Date(loggedOutAt).toISOString(),
      redirectTo: '/login',
      reason: 'logged-out',
      cause: 'meveto',
      delayMs: 100,
    },
  ]);

const TEXT = 0x81;
const SHORT = 125;

/** A text frame of a client. The mask is zero: the text stays as given. */
export function clientFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const isShort = payload.length <= SHORT;
  const header = isShort
    ? [TEXT, 0x80 | payload.length]
    : [TEXT, 0x80 | 126, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([...header, 0, 0, 0, 0]), payload]);
}

/** Engine.IO's ping of a server, and a client's answer. */
export const PING = Buffer.from([TEXT, 1, 0x32]);
export const PONG = clientFrame('3');
