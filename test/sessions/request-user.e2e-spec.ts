import {
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  type ModuleMetadata,
  type NestInterceptor,
  Post,
  Req,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { afterEach, describe, expect, it } from '@jest/globals';
import { firstValueFrom, of } from 'rxjs';
import { Strategy } from 'passport-custom';
import {
  jwtSession,
  MevetoLogoutGuard,
  MevetoLogoutService,
  requestUser,
  SkipMevetoLogout,
} from 'nestjs-meveto-logout';
import { GuardedHost, type GuardedHostOptions } from '../support/hosts/guarded-host.js';

const jwtService = new JwtService({ secret: 'the host’s own secret', signOptions: { expiresIn: '1h' } });

interface Claims {
  readonly sub: string;
  readonly signed_in_at?: number;
}

interface UserRequest {
  readonly headers: { readonly authorization?: string };
  user?: { id: string; signedInAt: number | undefined };
}

/** As applications write it: verifies the token and sets the user. */
@Injectable()
class OwnAuthGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<UserRequest>();
    const { sub, signed_in_at } = jwtService.verify<Claims>(request.headers.authorization?.slice(7) ?? '');
    request.user = { id: sub, signedInAt: signed_in_at };
    return true;
  }
}

@Injectable()
class PassportTokens extends PassportStrategy(Strategy, 'tokens') {
  async validate(request: UserRequest) {
    const { sub, signed_in_at } = await jwtService.verifyAsync<Claims>(
      request.headers.authorization?.slice(7) ?? '',
    );
    return { id: sub, signedInAt: signed_in_at };
  }
}

@Controller()
class TokenController {
  constructor(@Inject(MevetoLogoutService) private readonly mevetoLogout: MevetoLogoutService) {}

  @Post('tokens')
  @SkipMevetoLogout()
  async issue() {
    const { claims } = await this.mevetoLogout.recordLogin(7);
    return { token: jwtService.sign({ sub: '7', ...claims }) };
  }
}

/** How often the handler has run. A refusal happens before it. */
let runs = 0;
const handle = ({ user }: UserRequest) => {
  runs += 1;
  return { user: user?.id ?? null };
};

@Controller('mine')
@UseGuards(OwnAuthGuard)
class GuardedByItself {
  @Get()
  read(@Req() request: UserRequest) {
    return handle(request);
  }
}

@Controller('mine')
@UseGuards(AuthGuard('tokens'))
class GuardedByPassport {
  @Get()
  read(@Req() request: UserRequest) {
    return handle(request);
  }
}

@Controller('mine')
class GuardedGlobally {
  @Get()
  read(@Req() request: UserRequest) {
    return handle(request);
  }
}

@Controller('mine')
class GuardedRouteByRoute {
  @Get()
  @UseGuards(MevetoLogoutGuard, OwnAuthGuard)
  read(@Req() request: UserRequest) {
    return handle(request);
  }

  @Get('unwatched')
  @UseGuards(OwnAuthGuard)
  readUnwatched(@Req() request: UserRequest) {
    return handle(request);
  }
}

/** A global guard for the routes that are not public. */
@Injectable()
class GlobalAuthGuard extends OwnAuthGuard {
  override canActivate(context: ExecutionContext): boolean {
    return context.getHandler().name !== 'read' || super.canActivate(context);
  }
}

/** Answers instead of the handler, like a cache. */
@Injectable()
class AnswersFromCache implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    return context.getHandler().name === 'read' ? of({ user: 'cached' }) : next.handle();
  }
}

let host: GuardedHost;
afterEach(() => host.end());

const start = (metadata: ModuleMetadata, more: Partial<GuardedHostOptions> = {}) =>
  GuardedHost.start({
    options: { session: requestUser() },
    metadata: { ...metadata, controllers: [TokenController, ...(metadata.controllers ?? [])] },
    ...more,
  });

async function signIn(): Promise<Record<string, string>> {
  const { token } = JSON.parse((await host.request('POST', '/tokens')).text) as { token: string };
  return { authorization: `Bearer ${token}` };
}

describe('a user that a guard of the application sets on the request', () => {
  it.each<[string, ModuleMetadata]>([
    ['of its controller', { controllers: [GuardedByItself] }],
    [
      'of Passport',
      { imports: [PassportModule], controllers: [GuardedByPassport], providers: [PassportTokens] },
    ],
    [
      'that is global',
      { controllers: [GuardedGlobally], providers: [{ provide: APP_GUARD, useClass: GlobalAuthGuard }] },
    ],
  ])('%s is refused after the logout, before the handler runs', async (_whose, metadata) => {
    host = await start(metadata);
    const headers = await signIn();
    expect(JSON.parse((await host.request('GET', '/mine', headers)).text)).toEqual({ user: '7' });
    await host.logOut(7);
    runs = 0;
    const refused = await host.request('GET', '/mine', headers);
    expect([refused.status, refused.headers['www-authenticate'], runs]).toEqual([401, 'Bearer', 0]);
    expect(JSON.parse(refused.text)).toMatchObject({ statusCode: 401, reason: 'logged-out' });
    const page = await host.request('GET', '/mine', { ...headers, accept: 'text/html' });
    expect([page.status, page.headers.location, runs]).toEqual([303, '/login', 0]);
    expect((await host.request('GET', '/mine', await signIn())).status).toBe(200);
  });

  it('is refused before an interceptor of the application answers from a cache', async () => {
    host = await start({
      controllers: [GuardedByItself],
      providers: [{ provide: APP_INTERCEPTOR, useClass: AnswersFromCache }],
    });
    const headers = await signIn();
    expect(JSON.parse((await host.request('GET', '/mine', headers)).text)).toEqual({ user: 'cached' });
    await host.logOut(7);
    expect((await host.request('GET', '/mine', headers)).status).toBe(401);
  });

  it('is refused where @UseGuards has the guard before the one that sets the user, and only there', async () => {
    host = await start({ controllers: [GuardedRouteByRoute] }, { extras: { globalGuard: false } });
    const headers = await signIn();
    await host.logOut(7);
    expect((await host.request('GET', '/mine', headers)).status).toBe(401);
    expect((await host.request('GET', '/mine/unwatched', headers)).status).toBe(200);
  });
});

describe('a token that JwtService signs', () => {
  const mine = { controllers: [GuardedGlobally] };
  const withJwt = { options: { session: jwtSession({ jwtService }) } };
  const bearer = (claims: object) => ({ authorization: `Bearer ${jwtService.sign(claims)}` });

  it('carries its start in milliseconds, which distinguishes a login and a logout in the same second', async () => {
    host = await start(mine, withJwt);
    const before = await signIn();
    await host.logOut(7);
    const after = await signIn();
    expect((await host.request('GET', '/mine', before)).status).toBe(401);
    expect((await host.request('GET', '/mine', after)).status).toBe(200);
  });

  it('starts at the beginning of its second if it has only `iat`, so that a logout in the same second ends it', async () => {
    host = await start(mine, withJwt);
    const logout = firstValueFrom(host.service.logouts$);
    await host.logOut(7);
    const second = Math.floor((await logout).loggedOutAt / 1_000);
    const sameSecond = bearer({ sub: '7', iat: second });
    const nextSecond = bearer({ sub: '7', iat: second + 1 });
    expect((await host.request('GET', '/mine', sameSecond)).status).toBe(401);
    expect((await host.request('GET', '/mine', nextSecond)).status).toBe(200);
  });

  it('counts as no session with another key or when it is expired, for the application to refuse', async () => {
    host = await start(mine, withJwt);
    await host.logOut(7);
    const foreign = new JwtService({ secret: 'another' }).sign({ sub: '7', signed_in_at: 1 });
    const expired = jwtService.sign({ sub: '7', signed_in_at: 1, iat: 1 });
    for (const token of [foreign, expired]) {
      const answer = await host.request('GET', '/mine', { authorization: `Bearer ${token}` });
      expect(answer.status).toBe(200);
    }
  });

  it('keeps the start when it replaces an older token, and is not issued after a logout', async () => {
    host = await start(mine, withJwt);
    const { signedInAt } = await host.service.recordLogin(7);
    const renewed = await host.service.recordLogin('7', { authenticatedAt: signedInAt });
    expect(renewed).toEqual({ signedInAt, claims: { signed_in_at: signedInAt } });
    await host.logOut(7);
    const headers = bearer({ sub: '7', ...renewed.claims });
    expect((await host.request('GET', '/mine', headers)).status).toBe(401);
    await expect(host.service.recordLogin(7, { authenticatedAt: signedInAt })).rejects.toMatchObject({
      code: 'ERR_MEVETO_LOGIN_OUTDATED',
    });
  });
  it.each([1_700_000_000, 1_700_000_000_000.5, Number.NaN, Infinity, -1])(
    'cannot start at %d, which throws an error',
    async (authenticatedAt) => {
      host = await start(mine, withJwt);
      await expect(host.service.recordLogin(7, { authenticatedAt })).rejects.toThrow(
        `recordLogin: authenticatedAt is ${String(authenticatedAt)}. Give whole epoch milliseconds`,
      );
    },
  );
});
