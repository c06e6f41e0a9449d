import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '../auth/auth.module.js';
import { Session } from '../sessions/session.entity.js';
import { AccessToken } from '../tokens/access-token.entity.js';
import { Devices } from './devices.js';
import { DevicesController } from './devices.controller.js';

@Module({
  imports: [AuthModule, TypeOrmModule.forFeature([Session, AccessToken])],
  controllers: [DevicesController],
  providers: [Devices],
})
export class DevicesModule {}
