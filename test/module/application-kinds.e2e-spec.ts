import {
  type CallHandler,
  type CanActivate,
  Catch,
  type ArgumentsHost,
  Controller,
  type ExecutionContext,
  Get,
  HttpException,
  Inject,
  Injectable,
  type NestInterceptor,
  UnauthorizedException,
  UseGuards,
  ValidationPipe,
  VersioningType,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { map, type Observable } from 'rxjs';
import { MevetoLogoutGuard } from 'nestjs-meveto-logout';
import { World } from '../support/world.js';
import { staysTrue } from '../support/until.js';

/** A typical global guard of an application: refuses every route that is not marked public. */
@Injectable()
class ClosedByDefault implements CanActivate {
  constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.reflector.getAllAndOverride<boolean>('isPublic', [context.getHandler(), context.getClass()]))
      return true;
    throw new UnauthorizedException();
  }
}

@Injectable()
class WrapsEveryAnswer implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

/** A catch-all filter with its own body. */
@Catch()
class OwnErrorPage {
  catch(error: unknown, host: ArgumentsHost): void {
    const status = error instanceof HttpException ? error.getStatus() : 500;
    host
      .switchToHttp()
      .getResponse<{ status(code: number): { send(text: string): void } }>()
      .status(status)
      .send('<h1>our own error page</h1>');
  }
}

@Controller('guarded')
class GuardedController {
  @Get()
  @UseGuards(MevetoLogoutGuard)
  read() {
    return { ok: true };
  }

  @Get('open')
  open() {
    return { ok: true };
  }
}

describe('in applications of all kinds', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.end());

  it('the webhook works below a global prefix', async () => {
    const host = await world.start({ configure: (app) => app.setGlobalPrefix('api/v1') });
    const webhook = { type: 'User_Logged_Out', user_token: world.meveto.issueUserToken('m-1') };
    expect((await host.post('/meveto/webhook', webhook)).status).toBe(404);
    expect((await host.post('/api/v1/meveto/webhook', webhook)).status).toBe(202);
    expect((await host.post('/api/v1/meveto/webhook', '{"type":')).status).toBe(400);
    expect((await host.post('/api/v1/meveto/webhook', 'x', { 'content-type': 'text/plain' })).status).toBe(
      415,
    );
    await host.untilJobs('applied');
  });

  it('the webhook works when the prefix excludes it, and on a configured path', async () => {
    const host = await world.start({
      extras: { webhookPath: 'hooks/logout' },
      configure: (app) => app.setGlobalPrefix('api', { exclude: ['hooks/logout'] }),
    });
    const webhook = { type: 'User_Logged_Out', user_token: 'forged' };
    expect((await host.post('/hooks/logout', webhook)).status).toBe(202);
    expect((await host.post('/hooks/logout', 'x', { 'content-type': 'text/plain' })).status).toBe(415);
  });

  it('the webhook works with versioned routes', async () => {
    const host = await world.start({
      configure: (app) => app.enableVersioning({ type: VersioningType.URI, defaultVersion: '2' }),
    });
    expect((await host.webhook('forged')).status).toBe(202);
  });

  it('the webhook works behind a global guard, a strict validation pipe and an interceptor that wraps answers', async () => {
    const host = await world.start({
      metadata: {
        providers: [
          { provide: APP_GUARD, useClass: ClosedByDefault },
          { provide: APP_INTERCEPTOR, useClass: WrapsEveryAnswer },
        ],
      },
      configure: (app) => app.useGlobalPipes(strictPipe()),
    });
    expect((await host.get('/api')).status).toBe(401);
    expect((await host.webhook(world.meveto.issueUserToken('m-1'))).status).toBe(202);
    expect((await host.post('/meveto/webhook', '[]')).status).toBe(400);
    await host.untilJobs('applied');
  });

  it('status and headers show the result, whatever body a filter of the application writes', async () => {
    const host = await world.start({ configure: (app) => app.useGlobalFilters(new OwnErrorPage()) });
    const cookie = await host.login();
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied');
    const api = await host.get('/api', { cookie });
    expect([api.status, api.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    const page = await host.navigate('/page', cookie);
    expect([page.status, page.headers.location]).toEqual([303, '/login']);
  });

  it('the guard protects single routes by @UseGuards when it is not global', async () => {
    const host = await world.start({
      extras: { globalGuard: false },
      metadata: { controllers: [GuardedController] },
    });
    const token = await host.token();
    const headers = { authorization: `Bearer ${token}` };
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied');
    expect((await host.get('/guarded', headers)).status).toBe(401);
    expect((await host.get('/guarded/open', headers)).status).toBe(200);
  });

  it('the guard lets requests without a session pass: the application decides about them', async () => {
    const host = await world.start();
    expect((await host.get('/api')).status).toBe(200);
    expect((await host.get('/api', { authorization: 'Basic Zm9vOmJhcg==' })).status).toBe(200);
  });

  it('the module announces each logout once to the application', async () => {
    const host = await world.start();
    const received: unknown[] = [];
    host.service.logouts$.subscribe((logout) => received.push(logout));
    const token = world.meveto.issueUserToken('m-1');
    await host.webhook(token);
    await host.untilJobs('applied');
    await staysTrue('one announcement at most', 1_300, () => received.length <= 1);
    expect(received).toEqual([
      { userId: '1', loggedOutAt: expect.any(Number), reason: 'meveto', source: 'own-commit' },
    ]);
  });

  it('the module reports to the application whose Meveto ID was cleared', async () => {
    const cleared: string[] = [];
    const host = await world.start({
      options: {
        onProtectionRemoved: ({ userId }) => {
          cleared.push(userId);
          throw new Error('the application’s own trouble');
        },
      },
    });
    await host.webhook(world.meveto.issueUserToken('m-1'), 'Meveto_Protection_Removed');
    await host.untilJobs('applied');
    expect(cleared).toEqual(['1']);
  });
});

/** Acts on an unknown body like `new ValidationPipe({ forbidNonWhitelisted: true })`, without its libraries. */
function strictPipe(): Pick<ValidationPipe, 'transform'> {
  return {
    transform: (_value, { type }) => {
      if (type === 'body' || type === 'param') throw new HttpException('property should not exist', 400);
      return Promise.resolve(_value);
    },
  };
}
