/** The module's namespace. All Socket.IO servers of the measures use it, so that they have the same clients. */
export const NAMESPACE = '/meveto-logout';

/** The token of a session. The prefix makes a part of a token no token of another user. */
export const tokenOf = (user: string, signedInAt: number): string => `session-${user}.${String(signedInAt)}`;

/** The session of a token. */
export function sessionOf(token: string): { userId: string; signedInAt: number } | undefined {
  const [, userId, signedInAt] = /^session-([\w-]+)\.(\d+)$/.exec(token) ?? [];
  return userId === undefined ? undefined : { userId, signedInAt: Number(signedInAt) };
}

/** The module's message to a page, for a server without the module. */
export const loggedOutEvent = (loggedOutAt: number): readonly [event: string, facts: object] => [
  'logged-out',
  {
    loggedOutAt: new Date(loggedOutAt).toISOString(),
    redirectTo: '/login',
    reason: 'logged-out',
    cause: 'meveto',
    delayMs: 100,
  },
];

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
