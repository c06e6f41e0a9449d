import {
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UnauthorizedException,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { expressSession, requestUser } from 'nestjs-meveto-logout';
import { map, type Observable } from 'rxjs';
import type { HttpAdapterKind } from '../support/hosts/http-adapters.js';
import { type HostClient, World } from '../support/world.js';

/** Refuses every route that is not marked public, as guards of applications do. */
@Injectable()
class ClosedByDefault implements CanActivate {
  readonly #reflector = new Reflector();

  canActivate(context: ExecutionContext): boolean {
    if (this.#reflector.getAllAndOverride<boolean>('isPublic', [context.getHandler(), context.getClass()]))
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

const closed = {
  providers: [
    { provide: APP_GUARD, useClass: ClosedByDefault },
    { provide: APP_INTERCEPTOR, useClass: WrapsEveryAnswer },
  ],
};
const users = [
  { id: 1, mevetoId: 'm-1' },
  { id: 2, mevetoId: 'm-2' },
];

describe.each<HttpAdapterKind>(['express', 'fastify'])('the routes for browsers on %s', (adapter) => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.end());
  const stateOf = async (host: HostClient, headers: Record<string, string>, path = '/meveto/session') => {
    const response = await host.get(path, headers);
    return { status: response.status, body: (await response.json()) as Record<string, unknown>, response };
  };

  it.each([
    ['/meveto/client.js', 'MevetoLogout'],
    ['/meveto/client.mjs', 'export{'],
  ])('serve the client at %s, to be kept and asked for again', async (path, text) => {
    const host = await world.start({ adapter, metadata: closed });
    const response = await host.get(path);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain(text);
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('private, max-age=3600');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const etag = response.headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{22}"$/);
    // fetch() adds no-cache to a conditional request, and Express obeys it.
    const again = await host.get(path, { 'if-none-match': etag, 'cache-control': 'max-age=0' });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const other = await host.get(path, { 'if-none-match': '"other"', 'cache-control': 'max-age=0' });
    expect(other.status).toBe(200);
  });

  it('are below the global prefix, at a configured path, or nowhere', async () => {
    const prefixed = await world.start({
      adapter,
      extras: { browserPath: 'auth/live' },
      configure: (app) => app.setGlobalPrefix('api'),
    });
    expect((await prefixed.get('/api/auth/live/client.js')).status).toBe(200);
    expect((await stateOf(prefixed, {}, '/api/auth/live/session')).status).toBe(401);
    expect((await prefixed.get('/meveto/client.js')).status).toBe(404);
    const none = await world.start({ adapter, extras: { browserPath: false } });
    for (const route of ['client.js', 'client.mjs', 'session'])
      expect((await none.get(`/meveto/${route}`)).status).toBe(404);
  });

  it('answer without a session in a body that no interceptor wraps', async () => {
    const host = await world.start({ adapter, metadata: closed });
    const { status, body, response } = await stateOf(host, {});
    expect(status).toBe(401);
    expect(body).toMatchObject({ statusCode: 401, reason: 'not-logged-in' });
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('answer unknown to a page of another origin without cookies and token', async () => {
    const host = await world.start({ adapter, metadata: closed });
    const origin = 'https://app.example';
    const { status, body } = await stateOf(host, { origin });
    expect([status, body]).toEqual([200, { state: 'unknown' }]);
    expect((await stateOf(host, { origin, cookie: 'sid=none' })).status).toBe(401);
    expect((await stateOf(host, { origin: host.url })).status).toBe(401);
  });

  it('name a live session by a value that reveals only whether the user is the same', async () => {
    const host = await world.start({
      adapter,
      users,
      configure: (app) => app.enableCors({ origin: [/app\.example$/] }),
    });
    const origin = 'https://app.example';
    const [alice, again, bob] = [await host.login(1), await host.login(1), await host.login(2)];
    const states = [];
    for (const cookie of [alice, again, bob]) states.push(await stateOf(host, { cookie, origin }));
    for (const { status, body, response } of states) {
      expect(status).toBe(200);
      expect(body).toEqual({
        state: 'live',
        session: expect.stringMatching(/^[\w-]{43}$/),
        signedInAt: expect.any(Number),
      });
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('vary')).toBe('Origin, Cookie, Authorization');
    }
    const [first, second, third] = states.map(({ body }) => body);
    expect(second?.['session']).toBe(first?.['session']);
    expect(Number(second?.['signedInAt'])).toBeGreaterThan(Number(first?.['signedInAt']));
    expect(third?.['session']).not.toBe(first?.['session']);
  });

  it('report a session that is over, and only that one', async () => {
    const host = await world.start({ adapter, users });
    const [alice, bob] = [await host.login(1), await host.login(2)];
    const token = await host.token(1);
    await host.webhook(world.meveto.issueUserToken('m-1'));
    await host.untilJobs('applied');
    for (const headers of [{ cookie: alice }, { authorization: `Bearer ${token}` }]) {
      const { status, body, response } = await stateOf(host, headers);
      expect(status).toBe(401);
      expect(body).toMatchObject({ statusCode: 401, reason: 'logged-out' });
      expect(response.headers.get('cache-control')).toBe('no-store');
    }
    expect((await stateOf(host, { cookie: bob })).status).toBe(200);
    expect((await stateOf(host, { cookie: await host.login(1) })).status).toBe(200);
  });

  it('do not report a user as logged out that only a guard of the application can read', async () => {
    const host = await world.start({ adapter, options: { session: [requestUser(), expressSession()] } });
    const { status, body } = await stateOf(host, {});
    expect([status, body]).toEqual([200, { state: 'unknown' }]);
  });
});
