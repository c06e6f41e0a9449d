import type { DynamicModule, INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import session from 'express-session';
import { expressSession } from 'nestjs-meveto-logout';

const middleware = session({ secret: 'of-the-package-check', resave: false, saveUninitialized: false });

export const sessionReader = expressSession({ middleware });

export async function createHttpApp(module: DynamicModule): Promise<INestApplication> {
  const app = await NestFactory.create(module, {
    logger: ['error', 'warn'],
    abortOnError: false,
    forceCloseConnections: true,
  });
  return app.use(middleware);
}
