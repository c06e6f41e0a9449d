import { HttpModule } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '../auth/auth.module.js';
import { User } from '../users/user.entity.js';
import { AccountLinks } from './account-links.js';
import { ConnectController } from './connect.controller.js';
import { MevetoLogin } from './meveto-login.js';
import { MevetoLoginController } from './meveto-login.controller.js';
import { MevetoOAuth } from './meveto-oauth.js';

@Module({
  imports: [AuthModule, HttpModule, TypeOrmModule.forFeature([User])],
  controllers: [MevetoLoginController, ConnectController],
  providers: [MevetoOAuth, MevetoLogin, AccountLinks],
})
export class MevetoLoginModule {}
