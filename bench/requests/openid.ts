import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Header, Req } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { auth, type ConfigParams, type RequestContext } from 'express-openid-connect';
import { createApplication, listen } from './application.js';
import { pageOf } from './pages.js';
import type { Variant } from './turns.js';

const CLIENT_ID = 'bench-client';
const SECRET = 'bench-openid-secret-of-40-characters-000';
const SESSIONS = 500;
const LIFETIME_S = 86_400;
/** As many people as in the other applications are remembered as logged out. */
const LOGGED_OUT = 1_000;

/** Functions of the library that it does not export: they write its session cookie. */
interface CookieCrypto {
  encryptSync: (payload: string, key: Buffer, header: object) => string;
  getKeyStore: (secret: string, forEncryption: boolean) => readonly [current: Buffer];
}
const cookieCrypto = createRequire(import.meta.url)('express-openid-connect/lib/crypto.js') as CookieCrypto;

@Controller()
class OpenidPageController {
  @Get('page')
  @Header('content-type', 'text/html; charset=utf-8')
  page(@Req() { oidc }: { oidc: RequestContext }): string {
    return pageOf(String(oidc.user?.['sub']));
  }
}

/**
 * The page behind express-openid-connect with its cookie session: with its check for back-channel logouts, or without. The issuer only
 * says where it is; the sessions are written as the library writes them after a login.
 */
export async function openid(name: string, hasLogoutCheck: boolean): Promise<Variant> {
  const issuer = await startIssuer();
  const app = await createApplication('express', { controllers: [OpenidPageController] });
  const store = new LogoutStore();
  for (let n = 0; n < LOGGED_OUT; n += 1) store.set(`${issuer.url}/|auth0|other-${String(n)}`, {});
  const config: ConfigParams = {
    issuerBaseURL: issuer.url,
    baseURL: 'http://127.0.0.1:1',
    clientID: CLIENT_ID,
    clientSecret: SECRET,
    authorizationParams: { response_type: 'code' },
    secret: SECRET,
    authRequired: true,
    ...(hasLogoutCheck && { backchannelLogout: { store } as unknown as true }),
  };
  (app as NestExpressApplication).use(auth(config));
  const port = await listen(app);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const cookies = Array.from({ length: SESSIONS }, (_, n) => cookieOf(issuer.url, n, privateKey));
  return {
    name,
    target: { port, method: 'GET', path: '/page', cookies, expectedStatus: 200 },
    close: async () => {
      await app.close();
      issuer.stop();
    },
  };
}

/** Where the library keeps logouts: a Map, the fastest store there can be. */
class LogoutStore {
  readonly #logouts = new Map<string, object>();

  get(id: string, done: (error: unknown, logout?: object) => void): void {
    done(undefined, this.#logouts.get(id));
  }

  set(id: string, logout: object, done?: (error?: unknown) => void): void {
    this.#logouts.set(id, logout);
    done?.();
  }

  destroy(id: string, done?: (error?: unknown) => void): void {
    this.#logouts.delete(id);
    done?.();
  }
}

/** An issuer that answers the discovery of its metadata and nothing else. */
async function startIssuer(): Promise<{ url: string; stop: () => void }> {
  const server = createServer((request, response) => {
    const url = `http://${String(request.headers.host)}`;
    response.setHeader('content-type', 'application/json').end(
      JSON.stringify({
        issuer: `${url}/`,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        jwks_uri: `${url}/jwks`,
        response_types_supported: ['code', 'id_token', 'code id_token'],
        response_modes_supported: ['query', 'form_post'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The cookie of a person who has just logged in. */
function cookieOf(issuer: string, n: number, privateKey: KeyObject): string {
  const now = Math.floor(Date.now() / 1_000);
  const sub = `auth0|${String(n).padStart(24, '0')}`;
  const sid = randomBytes(24).toString('base64url');
  const claims = {
    iss: `${issuer}/`,
    aud: CLIENT_ID,
    sub,
    sid,
    iat: now,
    exp: now + LIFETIME_S,
    name: `User ${String(n)}`,
  };
  const signed = `${encoded({ alg: 'RS256', typ: 'JWT', kid: 'bench' })}.${encoded(claims)}`;
  const idToken = `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
  const session = { id_token: idToken, token_type: 'Bearer', expires_at: now + LIFETIME_S, sid };
  const [key] = cookieCrypto.getKeyStore(SECRET, true);
  return `appSession=${cookieCrypto.encryptSync(JSON.stringify(session), key, { iat: now, uat: now, exp: now + LIFETIME_S })}`;
}
