import type { RequestHandler } from 'express';
import session, { type Store } from 'express-session';

/** Injection token of the session middleware, used for HTTP requests and for Socket.IO handshakes alike. */
export const SESSION_MIDDLEWARE = Symbol('demo:session-middleware');

export const SESSION_COOKIE = 'connect.sid';

/** The logout module keeps logouts for the same time, and refuses older sessions. */
export const SESSION_LIFETIME_MS = 30 * 24 * 60 * 60 * 1000;

/** @param publicUrl https means that a proxy in front sends `X-Forwarded-Proto` */
export function sessionMiddleware(
  store: Store,
  secret: string,
  publicUrl: string | undefined,
): RequestHandler {
  return session({
    name: SESSION_COOKIE,
    secret,
    store,
    resave: false,
    saveUninitialized: false,
    rolling: false,
    proxy: publicUrl?.startsWith('https:') ?? false,
    cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: SESSION_LIFETIME_MS },
  });
}
