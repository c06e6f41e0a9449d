import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { MevetoLogoutModule } from 'nestjs-meveto-logout';
import { AuthModule } from './auth/auth.module.js';
import { ClusterModule } from './cluster/cluster.module.js';
import { ConfigModule } from './config/config.module.js';
import type { DemoConfig } from './config/demo-config.js';
import { DEMO_CONFIG } from './config/tokens.js';
import { DatabaseModule } from './database/database.module.js';
import { DevicesModule } from './devices/devices.module.js';
import { HealthModule } from './health/health.module.js';
import { ErrorFilter } from './http/error.filter.js';
import { MevetoLoginModule } from './meveto-login/meveto-login.module.js';
import { mevetoLogoutOptions } from './meveto-logout-options.js';
import { ProfileModule } from './profile/profile.module.js';
import { SESSION_MIDDLEWARE } from './sessions/session-middleware.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { MevetoModule } from './simulator/meveto.module.js';
import { MevetoOrigins } from './simulator/meveto-origins.js';
import { AccessTokenJwt } from './tokens/access-token-jwt.js';
import { TokenSigningModule } from './tokens/token-signing.module.js';

/** The demo application. */
@Module({})
export class AppModule {
  static forRoot(config: DemoConfig): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        ClusterModule,
        DatabaseModule.forRoot(config),
        MevetoModule,
        MevetoLogoutModule.forRootAsync({
          imports: [SessionsModule, TokenSigningModule],
          inject: [DEMO_CONFIG, MevetoOrigins, SESSION_MIDDLEWARE, AccessTokenJwt],
          useFactory: mevetoLogoutOptions,
        }),
        AuthModule,
        MevetoLoginModule,
        ProfileModule,
        DevicesModule,
        HealthModule,
      ],
      providers: [{ provide: APP_FILTER, useClass: ErrorFilter }],
    };
  }
}
