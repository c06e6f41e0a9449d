import fastifyCookie from '@fastify/cookie';
import fastifySessionPlugin from '@fastify/session';
import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { TestingModule } from '@nestjs/testing';
import session from 'express-session';
import { expressSession, fastifySession, type SessionReader } from 'nestjs-meveto-logout';

/** The part of an application that every test needs, on any HTTP adapter. */
export type HostApp = INestApplication;
export type HttpAdapterKind = 'express' | 'fastify';

/** The default HTTP adapter of tests: `TEST_HTTP_ADAPTER=fastify`, or Express. */
export const defaultHttpAdapter: HttpAdapterKind =
  process.env['TEST_HTTP_ADAPTER'] === 'fastify' ? 'fastify' : 'express';

export const SESSION_COOKIE = 'host.sid';
const SESSION_SECRET = 'host-session-secret-of-32-characters';
const APP_OPTIONS = { logger: false, forceCloseConnections: true } as const;

export const sessionMiddleware = () =>
  session({
    secret: SESSION_SECRET,
    name: SESSION_COOKIE,
    resave: false,
    saveUninitialized: false,
    rolling: true,
  });

/** Reads the sessions of `createHttpApp`. */
export const sessionReader = (
  kind: HttpAdapterKind,
  middleware: ReturnType<typeof sessionMiddleware>,
): SessionReader =>
  kind === 'express' ? expressSession({ middleware }) : fastifySession({ cookieName: SESSION_COOKIE });

/** An application on Express with express-session, or on Fastify with @fastify/session. */
export async function createHttpApp(
  testing: TestingModule,
  kind: HttpAdapterKind,
  middleware: ReturnType<typeof sessionMiddleware>,
  trustProxy: string | false = false,
): Promise<HostApp> {
  if (kind === 'express') {
    const app = testing.createNestApplication<NestExpressApplication>(APP_OPTIONS);
    app.set('trust proxy', trustProxy);
    return app.use(middleware);
  }
  const app = testing.createNestApplication<NestFastifyApplication>(
    new FastifyAdapter({ forceCloseConnections: true, trustProxy }),
    APP_OPTIONS,
  );
  await app.register(fastifyCookie);
  await app.register(fastifySessionPlugin, {
    secret: SESSION_SECRET,
    cookieName: SESSION_COOKIE,
    cookie: { secure: false },
    saveUninitialized: false,
    rolling: true,
  });
  return app;
}
