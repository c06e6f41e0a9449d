// An application that starts as a process of its own, with the module or without it. Sends the time from the start of the
// process until the application listens, in milliseconds.
import 'reflect-metadata';
import { Controller, type DynamicModule, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { User, userMapping } from '../user.js';
import { setting } from './child.js';

@Controller()
class PageController {
  @Get('page')
  page(): string {
    return 'page';
  }
}

/** What the application imports for the module. Loaded here, so that the other application does not load it. */
async function parts(): Promise<{ entities: readonly (new () => object)[]; imports: DynamicModule[] }> {
  if (setting('WITH_MODULE') !== '1') return { entities: [], imports: [] };
  const { bearerToken, MevetoLogoutModule } = await import('nestjs-meveto-logout');
  const { mevetoLogoutEntities, typeOrmStore } = await import('nestjs-meveto-logout/typeorm');
  return {
    entities: mevetoLogoutEntities,
    imports: [
      MevetoLogoutModule.forRoot({
        clientId: 'bench-client',
        clientSecret: 'bench-client-secret-0123456789',
        apiUrl: 'http://127.0.0.1:9',
        store: typeOrmStore({
          user: userMapping,
        }),
        session: bearerToken({ verify: () => undefined }),
      }),
    ],
  };
}

const { entities, imports } = await parts();

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'better-sqlite3',
      database: setting('DATABASE'),
      entities: [User, ...entities],
      enableWAL: true,
    }),
    ...imports,
  ],
  controllers: [PageController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'fatal'] });
await app.listen(0, '127.0.0.1');
process.send?.({ startedMs: performance.now() }, () => process.exit());
