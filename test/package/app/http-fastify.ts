import cookie from '@fastify/cookie';
import session from '@fastify/session';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { fastifySession } from 'nestjs-meveto-logout';

export const sessionReader = fastifySession();

export async function createHttpApp(module: DynamicModule): Promise<INestApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    module,
    new FastifyAdapter({ forceCloseConnections: true }),
    { logger: ['error', 'warn'], abortOnError: false },
  );
  await app.register(cookie);
  await app.register(session, {
    secret: 'a-secret-of-the-package-check-with-32-characters',
    cookie: { secure: false },
    saveUninitialized: false,
  });
  return app;
}
