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
import { World } from './support/world.js';

/** A global guard as applications write it: everything is closed but what is marked public. */
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

/** A catch-all filter with a body of its own. */
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

  it('receives below a global prefix', async () => {
    const host = await world.start({ configure: (app) => app.setGlobalPrefix('api/v1') });
    const call = { type: 'User_Logged_Out', user_token: world.meveto.issueUserToken('m-1') };
    expect((await host.post('/meveto/webhook', call)).status).toBe(404);
    expect((await host.post('/api/v1/meveto/webhook', call)).status).toBe(202);
    expect((await host.post('/api/v1/meveto/webhook', '{"type":')).status).toBe(400);
    expect((await host.post('/api/v1/meveto/webhook', 'x', { 'content-type': 'text/plain' })).status).toBe(
      415,
    );
    await host.untilCalls('applied');
  });

  it('receives when the prefix leaves the webhook out, and on a path of the application’s choice', async () => {
    const host = await world.start({
      extras: { webhookPath: 'hooks/logout' },
      configure: (app) => app.setGlobalPrefix('api', { exclude: ['hooks/logout'] }),
    });
    const call = { type: 'User_Logged_Out', user_token: 'forged' };
    expect((await host.post('/hooks/logout', call)).status).toBe(202);
    expect((await host.post('/hooks/logout', 'x', { 'content-type': 'text/plain' })).status).toBe(415);
  });

  it('receives in an application with versioned routes', async () => {
    const host = await world.start({
      configure: (app) => app.enableVersioning({ type: VersioningType.URI, defaultVersion: '2' }),
    });
    expect((await host.webhook('forged')).status).toBe(202);
  });

  it('receives behind a global guard, a strict validation pipe and an interceptor that wraps answers', async () => {
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
    await host.untilCalls('applied');
  });

  it('says what matters by status and headers, whatever a filter of the application writes', async () => {
    const host = await world.start({ configure: (app) => app.useGlobalFilters(new OwnErrorPage()) });
    const cookie = await host.login();
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilCalls('applied');
    const api = await host.get('/api', { cookie });
    expect([api.status, api.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    const page = await host.navigate('/page', cookie);
    expect([page.status, page.headers.location]).toEqual([303, '/login']);
  });

  it('guards single routes by @UseGuards when it is not global', async () => {
    const host = await world.start({
      extras: { globalGuard: false },
      metadata: { controllers: [GuardedController] },
    });
    const token = await host.token();
    const headers = { authorization: `Bearer ${token}` };
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilCalls('applied');
    expect((await host.get('/guarded', headers)).status).toBe(401);
    expect((await host.get('/guarded/open', headers)).status).toBe(200);
  });

  it('lets requests without a session pass: who may come in is for the application to say', async () => {
    const host = await world.start();
    expect((await host.get('/api')).status).toBe(200);
    expect((await host.get('/api', { authorization: 'Basic Zm9vOmJhcg==' })).status).toBe(200);
  });

  it('announces each logout once to the application', async () => {
    const host = await world.start();
    const heard: unknown[] = [];
    host.service.logouts$.subscribe((logout) => heard.push(logout));
    const token = world.meveto.issueUserToken('m-1');
    await host.webhook(token);
    await host.untilCalls('applied');
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    expect(heard).toEqual([{ userId: '1', loggedOutAt: expect.any(Number), source: 'own-commit' }]);
  });

  it('tells the application whose Meveto ID was cleared', async () => {
    const told: string[] = [];
    const host = await world.start({
      options: {
        onProtectionRemoved: ({ userId }) => {
          told.push(userId);
          throw new Error('the application’s own trouble');
        },
      },
    });
    await host.webhook(world.meveto.issueUserToken('m-1'), 'Meveto_Protection_Removed');
    await host.untilCalls('applied');
    expect(told).toEqual(['1']);
  });
});

/** What `new ValidationPipe({ forbidNonWhitelisted: true })` does to a body that it does not know, without its libraries. */
function strictPipe(): Pick<ValidationPipe, 'transform'> {
  return {
    transform: (_value, { type }) => {
      if (type === 'body' || type === 'param') throw new HttpException('property should not exist', 400);
      return Promise.resolve(_value);
    },
  };
}
