import { setTimeout as delay } from 'node:timers/promises';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  UseGuards,
} from '@nestjs/common';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import {
  bearerToken,
  type MevetoEvent,
  MevetoLogoutModule,
  MevetoLogoutService,
  requestUser,
  SessionReader,
  type SessionRequest,
  type SessionsRead,
} from 'nestjs-meveto-logout';
import { memoryStore } from 'nestjs-meveto-logout/testing';
import { GuardedHost } from '../support/hosts/guarded-host.js';

/** As docs/events.md shows it. */
@Injectable()
class MevetoEventBridge {
  constructor(meveto: MevetoLogoutService, emitter: EventEmitter2) {
    meveto.events$.subscribe((event) => emitter.emit(event.code, event));
  }
}

/** Like guards of applications: sets the user on the request. */
@Injectable()
class OwnGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: { 'x-user'?: string }; user?: unknown }>();
    request.user = request.headers['x-user'];
    return true;
  }
}

@Controller('page')
@UseGuards(OwnGuard)
class Page {
  @Get()
  read(): string {
    return 'a page';
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

  it('get the warnings of session readers', async () => {
    const host = await GuardedHost.start({
      options: {
        session: [
          bearerToken({
            verify: () => {
              throw new TypeError('of the application');
            },
          }),
          requestUser(),
        ],
      },
      metadata: { controllers: [Page] },
    });
    const told: MevetoEvent[] = [];
    host.service.events$.subscribe((event) => told.push(event));
    for (let count = 0; count < 2; count += 1)
      await host.request('GET', '/page', { authorization: 'Bearer a', 'x-user': '1' });
    expect(told).toMatchObject([
      { code: 'MEVETO_TOKEN_NOT_VERIFIED', error: 'TypeError' },
      { code: 'MEVETO_USER_WITHOUT_START' },
    ]);
    await host.end();
  });

  it('get the warnings of session readers inside a reader of the application, of each running module', async () => {
    const verify = (): never => {
      throw new TypeError('of the application');
    };
    /** Asks one reader for one kind of request, and another for the rest, synchronously and not. */
    class ChoosingReader extends SessionReader {
      readonly #tokens = bearerToken({ verify });
      override readonly isLate = true;

      constructor(private readonly users: SessionReader) {
        super();
      }

      override async read(request: SessionRequest): Promise<SessionsRead> {
        await delay(1);
        if (request.headers.authorization !== undefined) return this.#tokens.read(request);
        return this.users.read(request);
      }
    }
    const users = requestUser();
    const started = () =>
      GuardedHost.start({
        options: { session: new ChoosingReader(users) },
        metadata: { controllers: [Page] },
      });
    const ended = await started();
    const [host, other] = [await started(), await started()];
    const told: MevetoEvent[][] = [[], [], []];
    [ended, host, other].forEach(({ service }, index) =>
      service.events$.subscribe((event) => told[index]?.push(event)),
    );
    await ended.end();
    for (let count = 0; count < 2; count += 1) {
      await host.request('GET', '/page', { 'x-user': '1' });
      await host.request('GET', '/page', { authorization: 'Bearer a' });
    }
    const expected = [
      { code: 'MEVETO_USER_WITHOUT_START' },
      { code: 'MEVETO_TOKEN_NOT_VERIFIED', error: 'TypeError' },
    ];
    expect(told).toMatchObject([[], expected, expected]);
    await Promise.all([host.end(), other.end()]);
  });
});
