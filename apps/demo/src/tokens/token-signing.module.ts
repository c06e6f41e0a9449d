import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { SESSION_SECRET } from '../sessions/session-secret.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { AccessTokenJwt } from './access-token-jwt.js';

/** Signs and reads access tokens. Separate from their storage, so that the logout module can read tokens. */
@Module({
  imports: [
    JwtModule.registerAsync({
      imports: [SessionsModule],
      inject: [SESSION_SECRET],
      useFactory: (secret: string) => ({ secret }),
    }),
  ],
  providers: [AccessTokenJwt],
  exports: [AccessTokenJwt],
})
export class TokenSigningModule {}
