import { Module } from '@nestjs/common';
import { getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { DemoConfig } from '../config/demo-config.js';
import { DEMO_CONFIG } from '../config/tokens.js';
import { Settings } from '../database/settings.js';
import { AccessToken } from '../tokens/access-token.entity.js';
import { ExpiredRowsCleaner } from './expired-rows-cleaner.js';
import { Session } from './session.entity.js';
import { SESSION_MIDDLEWARE, sessionMiddleware } from './session-middleware.js';
import { resolveSessionSecret, SESSION_SECRET } from './session-secret.js';
import { TypeOrmSessionStore } from './typeorm-session-store.js';

/** Cookie sessions in the database, and the secret that signs them. */
@Module({
  imports: [TypeOrmModule.forFeature([Session, AccessToken])],
  providers: [
    Settings,
    ExpiredRowsCleaner,
    { provide: SESSION_SECRET, inject: [DEMO_CONFIG, Settings], useFactory: resolveSessionSecret },
    {
      provide: SESSION_MIDDLEWARE,
      inject: [getRepositoryToken(Session), SESSION_SECRET, DEMO_CONFIG],
      useFactory: (sessions: Repository<Session>, secret: string, config: DemoConfig) =>
        sessionMiddleware(new TypeOrmSessionStore(sessions), secret, config.publicUrl),
    },
  ],
  exports: [SESSION_SECRET, SESSION_MIDDLEWARE],
})
export class SessionsModule {}
