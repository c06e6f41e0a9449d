import { Injectable } from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import {
  bearerToken,
  memoryStore,
  type MevetoEvent,
  MevetoLogoutModule,
  MevetoLogoutService,
} from 'nestjs-meveto-logout';

/** As docs/events.md shows it. */
@Injectable()
class MevetoEventBridge {
  constructor(meveto: MevetoLogoutService, emitter: EventEmitter2) {
    meveto.events$.subscribe((event) => emitter.emit(event.code, event));
  }
}

describe('listeners of an application', () => {
  it('get events through @nestjs/event-emitter, beside observers and hooks that throw', async () => {
    const fail = (): never => {
      throw new Error('of the application');
    };
    const module = await Test.createTestingModule({
      imports: [
        EventEmitterModule.forRoot(),
        MevetoLogoutModule.forRoot({
          clientId: 'client',
          clientSecret: 'a-secret-that-never-shows',
          apiUrl: 'http://127.0.0.1:9',
          store: memoryStore({ users: [{ id: 1, mevetoId: 'm-1' }] }),
          session: bearerToken({ verify: () => undefined }),
          onEvent: fail,
        }),
      ],
      providers: [MevetoEventBridge],
    }).compile();
    const app = module.createNestApplication({ logger: false });
    await app.init();
    const told: MevetoEvent[] = [];
    app.get(EventEmitter2).on('MEVETO_APPLICATION_LOGOUT', (event: MevetoEvent) => told.push(event));
    const meveto = app.get(MevetoLogoutService);
    const logouts: unknown[] = [];
    meveto.events$.subscribe(fail);
    meveto.logouts$.subscribe(fail);
    meveto.logouts$.subscribe(({ userId }) => logouts.push(userId));
    const { loggedOutAt } = await meveto.logOut(1, { reason: 'ban' });
    expect(told).toMatchObject([{ userId: '1', reason: 'ban', loggedOutAt }]);
    expect(logouts).toEqual(['1']);
    await app.close();
  });
});
