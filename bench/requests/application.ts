import { randomUUID } from 'node:crypto';
import { type INestApplication, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import session from 'express-session';

export type Adapter = 'fastify' | 'express';

const OPTIONS = { logger: ['error', 'fatal'] as ('error' | 'fatal')[], forceCloseConnections: true };
const SECRET = 'bench-session-secret-of-40-characters-00';
const COOKIE = 'sid=';

/** Creates an application of these parts, without sessions, that does not listen yet. */
export async function createApplication(
  adapter: Adapter,
  metadata: ModuleMetadata,
): Promise<INestApplication> {
  @Module(metadata)
  class ApplicationModule {}

  return adapter === 'express'
    ? NestFactory.create<NestExpressApplication>(ApplicationModule, OPTIONS)
    : NestFactory.create<NestFastifyApplication>(
        ApplicationModule,
        new FastifyAdapter({ forceCloseConnections: true }),
        OPTIONS,
      );
}

/**
 * Adds sessions. On Express: express-session, as usual. On Fastify: a Map, the cheapest session there can be, so that the guard's share
 * of a request is the largest. Both keep the sessions in memory.
 */
export function addSessions(adapter: Adapter, app: INestApplication): void {
  if (adapter === 'express') (app as NestExpressApplication).use(expressSessions());
  else addMapSessions(app as NestFastifyApplication);
}

export const expressSessions = () => session({ secret: SECRET, resave: false, saveUninitialized: false });

function addMapSessions(app: NestFastifyApplication): void {
  const sessions = new Map<string, object>();
  const fastify = app.getHttpAdapter().getInstance();
  fastify.decorateRequest('session');
  fastify.addHook('onRequest', (request, reply, done) => {
    const { cookie } = request.headers;
    let session = cookie === undefined ? undefined : sessions.get(cookie.slice(COOKIE.length));
    if (session === undefined) {
      const id = randomUUID();
      session = {};
      sessions.set(id, session);
      void reply.header('set-cookie', COOKIE + id);
    }
    Object.assign(request, { session });
    done();
  });
}

/** Listens on a free port of 127.0.0.1. */
export async function listen(app: INestApplication): Promise<number> {
  await app.listen(0, '127.0.0.1');
  return Number(new URL(await app.getUrl()).port);
}
