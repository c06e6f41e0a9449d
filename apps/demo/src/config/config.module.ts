import { type DynamicModule, Module } from '@nestjs/common';
import type { DemoConfig } from './demo-config.js';
import { DEMO_CONFIG } from './tokens.js';

/** Makes the configuration injectable everywhere. */
@Module({})
export class ConfigModule {
  static forRoot(config: DemoConfig): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: DEMO_CONFIG, useValue: config }],
      exports: [DEMO_CONFIG],
    };
  }
}
