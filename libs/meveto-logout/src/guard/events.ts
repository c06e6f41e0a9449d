import { event, eventTable } from '../core/index.js';

export const guardEvents = eventTable({
  MEVETO_GUARD_NOT_USED: event({
    level: 'warn',
    when: 'At start, if MevetoLogoutGuard is neither global nor used on any route.',
    action: 'Remove `globalGuard: false`, or use `@UseGuards(MevetoLogoutGuard)`.',
    text:
      'MevetoLogoutGuard is not used anywhere: users keep their access after a logout, unless your own code calls assertLive() or ' +
      'sessionState(). Remove globalGuard: false, or use @UseGuards(MevetoLogoutGuard).',
  }),
  MEVETO_GRAPHQL_WITHOUT_INTERCEPTORS: event({
    level: 'warn',
    when: 'At start, if GraphQL fields run guards and no interceptors, beside `requestUser()`.',
    action: 'Set `fieldResolverEnhancers` to guards and interceptors.',
    text:
      'GraphQL fields whose own guard sets request.user are served after a logout: requestUser() reads the user in an interceptor, ' +
      "and the fields run only guards. Add the interceptors: GraphQLModule.forRoot({ fieldResolverEnhancers: ['guards', 'interceptors'] }).",
  }),
  MEVETO_SESSION_STORE_FAILED: event({
    level: 'warn',
    when: 'The application’s session store could not remove a session that is over. Ten lines a minute.',
    action: 'Check the session store. The session stays refused.',
    text: 'The session store could not remove a session that is over. The session stays refused.',
    bound: {
      lines: 10,
      perMs: 60_000,
      rest: (rest) =>
        `The session store could not remove ${String(rest)} more sessions that are over in the last minute.`,
    },
  }),
  MEVETO_LOGIN_REFUSED: event({
    level: 'warn',
    when: 'A POST request to a path that looks like a login was refused for a session that is over. Once in a process.',
    action:
      'If users log in there, name the path in `whenLoggedOut.loginPaths`, or put `@SkipMevetoLogout()` on the handler.',
    text:
      'A POST request to a path that looks like a login was refused, since it carries a session that is over. If users log ' +
      "in there, name the path: whenLoggedOut: { loginPaths: ['/api/login'] }, or put @SkipMevetoLogout() on the handler.",
    once: true,
  }),
  MEVETO_SESSION_NOT_REMOVED: event({
    level: 'warn',
    when: 'A request to a login path carries a session that is over and cannot be removed from it. Once in a process.',
    action:
      'Name the cookie in `whenLoggedOut.clearCookies`, or give the session reader a method `renew(request)`.',
    text:
      'A request to a login path carries a session that is over and cannot be removed from the request. Name the cookie of the ' +
      'session, whenLoggedOut: { clearCookies: [name] }, or give its session reader a method renew(request).',
    once: true,
  }),
  MEVETO_COOKIE_NOT_REMOVED: event({
    level: 'warn',
    when: 'A request for a page carries a session that is over beside a live one, in a cookie of unknown name. Once in a process.',
    action: 'Name the cookie in the property `cookies` of its session reader.',
    text:
      'A request for a page carries a session that is over beside a live one. The cookie of the ended session stays, since its ' +
      'name is unknown. Name the cookie in its session reader: override readonly cookies = [name].',
    once: true,
  }),
  MEVETO_LATE_USER_REFUSED: event({
    level: 'warn',
    when: 'A user without `signedInAt`, whom a guard of the application has set, was refused. Once in a process.',
    action: 'Name login paths in `whenLoggedOut.loginPaths`, or put `signedInAt` on the user.',
    text:
      'A request was refused since a guard of the application set a user without signedInAt, and this user was logged out ' +
      'before. If that guard is a login (Passport’s local or OAuth strategies), name the path: whenLoggedOut: { loginPaths: ' +
      "['/oauth/callback'] }, or put @SkipMevetoLogout() on the handler. Otherwise put signedInAt on the user.",
    once: true,
  }),
  MEVETO_GRAPHQL_WITHOUT_REQUEST: event({
    level: 'warn',
    when: 'A GraphQL operation passed unchecked, because its context has no request. Once in a process.',
    action: 'Put the request into the context as `req`.',
    text:
      'A GraphQL operation passed unchecked, since its context has no request. Put the request into the context as `req`: ' +
      'GraphQLModule.forRoot({ context: ({ req }) => ({ req }) }).',
    once: true,
  }),
  MEVETO_GRAPHQL_LOGIN_REFUSED: event({
    level: 'warn',
    when: 'A GraphQL mutation with the name of a login was refused for a session that is over. Once in a process.',
    action: 'If the mutation is a login, put `@SkipMevetoLogout()` on it.',
    text:
      'A GraphQL mutation with the name of a login was refused, since its request carries a session that is over. Users with an ' +
      'old cookie cannot log in by it. If the mutation is a login, put @SkipMevetoLogout() on it.',
    once: true,
  }),
  MEVETO_GRAPHQL_WITHOUT_RESPONSE: event({
    level: 'warn',
    when: 'A GraphQL subscription over HTTP cannot be closed, because its context has no response. Once in a process.',
    action: 'Put the response into the context as `res`.',
    text:
      'A logout cannot close a GraphQL subscription over HTTP, since its context has no response. Put the response into the ' +
      'context as `res` beside `req`: GraphQLModule.forRoot({ context: ({ req, res }) => ({ req, res }) }).',
    once: true,
  }),
  MEVETO_GRAPHQL_WITHOUT_PARAMETERS: event({
    level: 'warn',
    when:
      'A GraphQL operation over a WebSocket is not checked, or cannot be closed, because its context lacks the connection or its parameters. ' +
      'Once in a process.',
    action: 'Put `connectionParams` and `extra` into the context.',
    text:
      'A GraphQL operation over a WebSocket passed or stays open unchecked: its context lacks the connection or its parameters, which ' +
      'carry the tokens of clients. Put connectionParams and extra into the context: GraphQLModule.forRoot({ context: ({ req, extra, ' +
      'connectionParams }) => ({ req, extra, connectionParams }) }).',
    once: true,
  }),
  MEVETO_SOCKET_WITHOUT_REQUEST: event({
    level: 'warn',
    when: 'A message to a WebSocket gateway passed unchecked, because its socket carries no request. Once in a process.',
    action: 'Call `admit` in `handleConnection`, or return the session from `sessionOfMessage.ws`.',
    text:
      'A message to a WebSocket gateway passed unchecked, since its socket carries no request. Call ' +
      'mevetoLogoutSockets.admit(client, request) in handleConnection, or return the session from the option sessionOfMessage.ws.',
    once: true,
  }),
  MEVETO_SOCKET_WITHOUT_USER: event({
    level: 'warn',
    when: 'A message to a WebSocket gateway passed unchecked, because `request.user` is not set on its socket. Once in a process.',
    action: 'Return the session from `sessionOfMessage.ws`.',
    text:
      'A message to a WebSocket gateway passed unchecked: its socket has no session, and request.user, which requestUser() ' +
      'reads, is not set there. Return the session from the option sessionOfMessage.ws.',
    once: true,
  }),
  MEVETO_MESSAGE_WITHOUT_SESSION: event({
    level: 'warn',
    when: 'A message to a microservice handler passed unchecked, because `sessionOfMessage.rpc` is not set. Once in a process.',
    action: 'Return the session from `sessionOfMessage.rpc`, or put `@SkipMevetoLogout()` on such handlers.',
    text:
      'A message to a microservice handler passed unchecked: only the application knows its session. Return the session from the ' +
      'option sessionOfMessage.rpc, or put @SkipMevetoLogout() on such handlers.',
    once: true,
  }),
});
