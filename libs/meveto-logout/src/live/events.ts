import { among, count, event, eventTable, text } from '../core/index.js';

const MINUTE_MS = 60_000;

export const liveEvents = eventTable({
  MEVETO_LIVE_PUSH_FAILED: event({
    level: 'error',
    fields: {
      adapter: text('the class of the adapter'),
      action: among('announce', 'close')('what it could not do'),
      error: text('name of the error'),
    },
    when: 'An adapter of live push threw an error. Ten lines a minute.',
    action: 'Correct the adapter. The next request of such a browser is refused.',
    text: ({ adapter, action, error }) =>
      `The live push ${adapter} ${action === 'close' ? 'could not be closed' : 'could not notify browsers of a logout. Their next request is refused'}: ${error}`,
    bound: {
      lines: 10,
      perMs: MINUTE_MS,
      rest: (rest) => `Live push failed ${String(rest)} more times in the last minute.`,
    },
  }),
  MEVETO_HANDSHAKE_UNAVAILABLE: event({
    level: 'warn',
    when: 'A live connection was refused because its session cannot be read. One line a minute, with the number of others.',
    action: 'Check the store of the application’s sessions.',
    text: 'A live connection was refused: its session cannot be read at the moment.',
    bound: {
      lines: 1,
      perMs: MINUTE_MS,
      rest: (rest) => `${String(rest)} more live connections were refused: their sessions cannot be read.`,
    },
  }),
  MEVETO_HANDSHAKE_WITHOUT_USER: event({
    level: 'warn',
    when: 'A live connection shows no session, because `request.user` is not set on the handshake. Once in a process.',
    action:
      'Pass the middlewares that set it: `requestUser({ handshake: [sessionMiddleware, passport.session()] })`.',
    text:
      'A live connection shows no session: requestUser() reads request.user, which is not set on the handshake. Such ' +
      'connections cannot be watched. Pass the middlewares that set request.user: ' +
      'requestUser({ handshake: [sessionMiddleware, passport.session()] }).',
    once: true,
  }),
  MEVETO_NAMESPACE_MISSING: event({
    level: 'warn',
    fields: { namespace: text('its name') },
    when: 'At start, for each name in `livePush.namespaces` that no Socket.IO namespace has.',
    action: 'Correct the name.',
    text: ({ namespace }) =>
      `livePush.namespaces: there is no Socket.IO namespace ${namespace} on the application's port. Its sockets are not closed.`,
  }),
  MEVETO_SOCKET_REFUSED: event({
    level: 'none',
    when: 'A connection to the namespace of live push was refused.',
    counter: 'sockets_refused',
  }),
  MEVETO_PUSHER_SENT: event({
    level: 'none',
    fields: { count: count('how many users') },
    when: 'Pusher accepted a request.',
    counter: 'live_push_sent',
  }),
  MEVETO_PUSHER_NOT_SENT: event({
    level: 'none',
    fields: { count: count('how many users') },
    when: 'Logouts were not sent to Pusher: all attempts failed, or too many logouts wait.',
    counter: 'live_push_failed',
  }),
  MEVETO_PUSHER_UNAVAILABLE: event({
    level: 'warn',
    fields: { reason: text('why, such as `status 401`') },
    when: 'An attempt to reach Pusher failed. One line for an outage.',
    action: 'Check the network and the credentials. Browsers find out at their next request or check.',
    text: ({ reason }) =>
      `A logout was not sent to Pusher (${reason}). ` +
      'Browsers find out at their next request or check. Further failures are counted in live_push_failed.',
    outage: 'pusher',
    // Pusher may accept some requests and refuse others.
    bound: {
      lines: 5,
      perMs: MINUTE_MS,
      rest: (rest) =>
        `Pusher failed ${String(rest)} more times after it had answered again, in the last minute.`,
    },
  }),
  MEVETO_PUSHER_RECOVERED: event({
    level: 'log',
    when: 'Pusher answers again.',
    text: 'Pusher answers again.',
    ends: 'pusher',
    bound: {
      lines: 5,
      perMs: MINUTE_MS,
      rest: (rest) => `Pusher answered again ${String(rest)} more times in the last minute.`,
    },
  }),
});
