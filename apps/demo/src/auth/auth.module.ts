import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessToken } from '../tokens/access-token.entity.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import { TokenSigningModule } from '../tokens/token-signing.module.js';
import { UsersModule } from '../users/users.module.js';
import { Callers } from './callers.js';
import { LoginController } from './login.controller.js';
import { LoginSession } from './login-session.js';
import { TokensController } from './tokens.controller.js';

/** Login, and identification of callers. */
@Module({
  imports: [UsersModule, TokenSigningModule, TypeOrmModule.forFeature([AccessToken])],
  controllers: [LoginController, TokensController],
  providers: [AccessTokens, LoginSession, Callers],
  exports: [LoginSession, Callers, UsersModule],
})
export class AuthModule {}
