import type { RequestHandler } from 'express';
import { bearerToken, expressSession, type MevetoLogoutOptions } from 'nestjs-meveto-logout';
import { typeOrmStore } from 'nestjs-meveto-logout/typeorm';
import { CookieWithoutBearer } from './auth/cookie-without-bearer.js';
import type { DemoConfig } from './config/demo-config.js';
import { SESSION_COOKIE } from './sessions/session-middleware.js';
import type { MevetoOrigins } from './simulator/meveto-origins.js';
import type { AccessTokenJwt } from './tokens/access-token-jwt.js';
import { AccessToken } from './tokens/access-token.entity.js';
import { User } from './users/user.entity.js';

/** The application's options of the logout module. */
export const mevetoLogoutOptions = (
  config: DemoConfig,
  meveto: MevetoOrigins,
  sessions: RequestHandler,
  tokens: AccessTokenJwt,
): MevetoLogoutOptions => ({
  ...config.client,
  apiUrl: meveto.apiUrl,
  store: typeOrmStore({
    user: {
      entity: User,
      id: 'id',
      mevetoId: 'mevetoId',
      lastLoggedIn: 'lastLoggedIn',
      lastLoggedOut: 'lastLoggedOut',
    },
    accessTokens: { entity: AccessToken, userId: 'userId', issuedAt: 'signedInAt', revokedAt: 'revokedAt' },
  }),
  session: [
    // Ended sessions stay in the database: a tab that was offline connects with such a session, and is notified that it is over.
    new CookieWithoutBearer(expressSession({ middleware: sessions, endedSessions: 'keep' })),
    bearerToken({
      verify: (token) => {
        const read = tokens.read(token);
        return read.kind === 'valid'
          ? { userId: read.claims.sub, signedInAt: read.claims.signed_in_at }
          : undefined;
      },
    }),
  ],
  whenLoggedOut: { redirectTo: '/login', clearCookies: [SESSION_COOKIE] },
  ...(config.reconcileCron === undefined ? {} : { reconcile: { cron: config.reconcileCron } }),
  ...(config.webhookSecretPath === undefined ? {} : { webhook: { secretPath: config.webhookSecretPath } }),
});
