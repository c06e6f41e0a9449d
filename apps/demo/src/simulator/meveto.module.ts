import { Global, Module } from '@nestjs/common';
import { DEMO_CONFIG } from '../config/tokens.js';
import { MevetoOrigins } from './meveto-origins.js';

/** Provides the origins of Meveto. */
@Global()
@Module({
  providers: [
    {
      provide: MevetoOrigins,
      inject: [DEMO_CONFIG],
      useFactory: MevetoOrigins.open.bind(MevetoOrigins),
    },
  ],
  exports: [MevetoOrigins],
})
export class MevetoModule {}
