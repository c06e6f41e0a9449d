import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DemoConfig } from '../config/demo-config.js';
import { databaseOptions } from './database-options.js';
import { openDatabase } from './open-database.js';

/** The one connection to the database, opened and prepared before anything else starts. */
@Module({})
export class DatabaseModule {
  static forRoot(config: DemoConfig): DynamicModule {
    const options = databaseOptions(config.database);
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          // `openDatabase` retries by itself, with fewer log lines.
          useFactory: () => ({ ...options, toRetry: () => false }),
          dataSourceFactory: () => openDatabase(config, options),
        }),
      ],
    };
  }
}
