import { HttpModule } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { MevetoLogin } from './meveto-login.js';
import { MevetoLoginController } from './meveto-login.controller.js';
import { MevetoOAuth } from './meveto-oauth.js';

@Module({
  imports: [AuthModule, HttpModule],
  controllers: [MevetoLoginController],
  providers: [MevetoOAuth, MevetoLogin],
})
export class MevetoLoginModule {}
