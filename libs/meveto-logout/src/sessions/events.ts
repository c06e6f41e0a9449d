import { count, duration, event, eventTable, text } from '../core/index.js';

const MINUTE_MS = 60_000;

/** What a reader says of the user ids that it read. */
const idFields = {
  reader: text('the function that creates the session reader, such as `requestUser`'),
  holder: text('the object that was read, such as `request.user`'),
  places: text('the places that were read'),
};
interface IdFields {
  readonly reader: string;
  readonly holder: string;
  readonly places: string;
}
const keyOf = ({ reader, holder, places }: IdFields): string => `${reader} ${holder} ${places}`;

export const sessionsEvents = eventTable({
  MEVETO_CONNECTIONS_NOTIFIED: event({
    level: 'none',
    fields: {
      userId: text('the application’s id of the user'),
      count: count('connections whose sessions were over'),
      sinceKnownMs: duration('time since this process learned of the logout'),
    },
    when:
      'All open connections of a user to this process were notified of a logout (Socket.IO) or closed (others). Not emitted if there ' +
      'were none.',
  }),
  MEVETO_CONNECTION_NOT_ENDED: event({
    level: 'warn',
    when: 'An open connection could not be notified of a logout, or not be closed: it threw an error. Ten lines a minute.',
    action: 'Check what the application has put in place of the connection’s own methods.',
    text: 'A browser could not be notified of a logout. Its next request is refused.',
    bound: {
      lines: 10,
      perMs: MINUTE_MS,
      rest: (rest) => `${String(rest)} more browsers could not be notified of a logout in the last minute.`,
    },
  }),
  MEVETO_SESSION_WITHOUT_START: event({
    level: 'warn',
    when: 'A session without `signedInAt` was refused. Once in a process.',
    action: 'Put the `signedInAt` that `recordLogin()` returns into the session or token.',
    text:
      'A session without a start was refused, as is every such session of a user who was ever logged out. Put the ' +
      'signedInAt that recordLogin() returns into the session or token. Sessions from before the installation have no start.',
    once: true,
  }),
  MEVETO_NO_SESSION_FOUND: event({
    level: 'warn',
    when:
      'No session reader has found a session, although a thousand guarded requests had a cookie or an Authorization header, and ten ' +
      'minutes have passed. Once in a process.',
    action: 'Correct the option `session`. See docs/guard.md.',
    text:
      'No session reader has found a session so far, although 1,000 guarded requests had a cookie or an Authorization header: no session ' +
      'is refused after a logout. Check the option session: it needs the reader for the sessions of the application, with the names that the ' +
      "application uses, such as expressSession({ userId: 'user.id' }), and for tokens the key that signs them.",
    once: true,
  }),
  MEVETO_USERS_NOT_IN_STORE: event({
    level: 'warn',
    when: 'The store knows none of the users of the first hundred sessions. Once in a process.',
    action: 'Let sessions and store use the same user id.',
    text:
      'The store has no user with any of the ids in the first 100 sessions that were read: no logout ends such sessions. Sessions and store ' +
      'must use the same user id. Name it with the option userId of the session reader, and with the id of the users in ' +
      'the option store.',
    once: true,
  }),
  MEVETO_SESSION_UNUSABLE: event({
    level: 'warn',
    fields: { source: text('what returned the session') },
    when: 'A session reader or `sessionOfMessage` returned a session without a usable user id. Once for readers, and once for `sessionOfMessage`.',
    action: 'Return `{ userId, signedInAt }`, or undefined if there is no session.',
    text: ({ source }) =>
      `${source} returned a session without a usable user id: the session is ignored, and no logout ends it. Return ` +
      '{ userId, signedInAt } with a userId that is a string, a number or a bigint, or undefined if there is no session.',
    once: ({ source }) => source,
  }),
  MEVETO_USER_ID_MISSING: event({
    level: 'warn',
    fields: idFields,
    when: 'A session reader found no user id where it reads. Once for each reader.',
    action: 'Name the place of the id with the option `userId` of the reader.',
    text: ({ reader, holder, places }) =>
      `${reader}: there is no user id in ${holder} (read: ${places}). Such requests pass without a session, and no logout ends ` +
      `their sessions. Name the place of the id, a property or a path: ${reader}({ userId: 'account.id' }).`,
    once: keyOf,
  }),
  MEVETO_USER_ID_UNUSABLE: event({
    level: 'warn',
    fields: idFields,
    when: 'A session reader found a user id that is no string, number or bigint. Once for each reader.',
    action: 'Name the place of the id itself with the option `userId` of the reader.',
    text: ({ reader, holder, places }) =>
      `${reader}: a user id in ${holder} is ignored, since it is no string, number or bigint (read: ${places}). Without another id ` +
      `such requests pass without a session. Name the place of the id itself: ${reader}({ userId: 'account.id' }).`,
    once: keyOf,
  }),
  MEVETO_USER_IDS_DIFFER: event({
    level: 'warn',
    fields: { ...idFields, example: text('one of the places') },
    when: 'A session reader found different user ids in one object, and used the first. Once for each reader.',
    action: 'Name the place of the id that the store has with the option `userId` of the reader.',
    text: ({ reader, holder, places, example }) =>
      `${reader}: there are different user ids in ${holder} (read: ${places}), and the first one is used. Name the place of the id ` +
      `that the store has: ${reader}({ userId: '${example}' }).`,
    once: keyOf,
  }),
  MEVETO_USER_WITHOUT_START: event({
    level: 'warn',
    when: '`request.user` is a user id alone, without the start of the session. Once in a process.',
    action:
      'Set `{ id, signedInAt }`, or name the place of the start with the option `signedInAt` of `requestUser()`.',
    text:
      'requestUser: request.user is a user id without the start of the session. Such a session is refused after the first logout of ' +
      'its user. Set { id, signedInAt }, or name the place of the start: requestUser({ signedInAt: (user, request) => request.session.signedInAt }).',
    once: true,
  }),
  MEVETO_TOKEN_NOT_VERIFIED: event({
    level: 'warn',
    fields: { error: text('name of the error') },
    when:
      'The application’s `verify` failed with an error that does not mean that the token is invalid. Once for each name of an error, ten ' +
      'at most.',
    action:
      'Throw `ServiceUnavailableException` if `verify` cannot decide, and return undefined for an invalid token.',
    text: ({ error }) =>
      `verify failed with ${error}, which does not mean that the token is invalid: the request passed without a session, and no logout ` +
      'ends its session. If verify cannot decide (no key, no database), throw ServiceUnavailableException: the request is then ' +
      'answered 503. If the token is invalid, return undefined.',
    once: ({ error }) => error,
  }),
  MEVETO_TOKEN_KEY_MISSING: event({
    level: 'warn',
    when: 'The JwtService of `jwtSession` has no key to verify tokens. Once in a process.',
    action: 'Pass the secret or key to JwtModule, or to `jwtSession` as `verifyOptions`.',
    text:
      'jwtSession: the JwtService cannot verify tokens by itself, so the guard checks no token. Pass the secret or key to JwtModule, or ' +
      'to jwtSession as verifyOptions: { secret }. If the key must be fetched, use bearerToken({ verify }) and verifyAsync.',
    once: true,
  }),
  MEVETO_HANDSHAKE_WITHOUT_MIDDLEWARE: event({
    level: 'warn',
    when: 'A live connection has a cookie, and `expressSession()` has no middleware to read its session. Once in a process.',
    action: 'Pass the application’s session middleware: `expressSession({ middleware })`.',
    text:
      'A live connection has a cookie, and its session cannot be read: Express middleware does not run for Socket.IO. ' +
      'Pass the application’s session middleware to expressSession({ middleware }), too.',
    once: true,
  }),
  MEVETO_HANDSHAKE_WITHOUT_PLUGIN: event({
    level: 'warn',
    fields: { plugin: text('the plugin of Fastify that is missing') },
    when: 'A live connection has a cookie, and the plugin that reads its session is not registered. Once for each plugin.',
    action: 'Register the plugin with `app.register()` before the application listens.',
    text: ({ plugin }) =>
      `A live connection has a cookie, and its session cannot be read: ${plugin} is not registered with ` +
      'the application’s Fastify instance. Register it with app.register() before the application listens.',
    once: ({ plugin }) => plugin,
  }),
});
