import type { ServerResponse } from 'node:http';
import { Controller, Get, type MessageEvent, Res, Sse, UseGuards } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bearerToken, EndWithSession, requestUser } from 'nestjs-meveto-logout';
import { interval, map, type Observable } from 'rxjs';
import { EventStream } from '../support/live/event-stream.js';
import { GuardedHost } from '../support/hosts/guarded-host.js';
import { until } from '../support/until.js';

/** A token is `<user id>.<signed in at>`. */
const factsOf = (token: string) => {
  const [userId, signedInAt] = token.split('.');
  return userId === undefined ? undefined : { userId, signedInAt: Number(signedInAt) };
};

/** The application's own guard, which sets the user after the module's global guard has run. */
class LatePassport {
  canActivate(context: {
    switchToHttp(): { getRequest(): { headers: Record<string, string>; user?: unknown } };
  }) {
    const request = context.switchToHttp().getRequest();
    const facts = factsOf(request.headers['x-late-user'] ?? '');
    if (facts !== undefined) request.user = facts;
    return true;
  }
}

/** The response of Express, or Fastify's reply. */
type HostResponse = ServerResponse | { readonly raw: ServerResponse; hijack(): unknown };

/** Writes the stream as the handler of an application may do. */
function writeTicks(response: HostResponse): void {
  if ('hijack' in response) response.hijack();
  const raw = 'raw' in response ? response.raw : response;
  raw.writeHead(200, { 'content-type': 'text/event-stream' });
  const ticking = setInterval(() => raw.write('data: {"tick":1}\n\n'), 20);
  raw.once('close', () => clearInterval(ticking));
}

@Controller()
class Ticker {
  @Sse('ticks')
  ticks(): Observable<MessageEvent> {
    return interval(20).pipe(map((tick) => ({ data: { tick } })));
  }

  @Sse('late-ticks')
  @UseGuards(LatePassport)
  lateTicks(): Observable<MessageEvent> {
    return this.ticks();
  }

  @Get('own-ticks')
  @EndWithSession()
  ownTicks(@Res() response: HostResponse): void {
    writeTicks(response);
  }

  @Get('late-own-ticks')
  @EndWithSession()
  @UseGuards(LatePassport)
  lateOwnTicks(@Res() response: HostResponse): void {
    writeTicks(response);
  }

  @Get('unmarked-ticks')
  unmarkedTicks(@Res() response: HostResponse): void {
    writeTicks(response);
  }
}

const BEFORE = Date.now() - 60_000;
const AFTER = Date.now() + 600_000;
const of = (userId: number, signedInAt = BEFORE) => `${String(userId)}.${String(signedInAt)}`;
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('server-sent events', () => {
  let host: GuardedHost;
  beforeEach(async () => {
    host = await GuardedHost.start({
      options: {
        session: [bearerToken({ verify: factsOf }), requestUser({ userId: 'userId' })],
      },
      metadata: { controllers: [Ticker] },
    });
  });
  afterEach(() => host.end());

  it('end with the logout of their user, and are refused when the browser reconnects', async () => {
    const mine = await new EventStream(`${host.url}/ticks`, bearer(of(7))).flowing();
    await host.logOut(7);
    await until('the stream has ended', () => !mine.isOpen);
    const again = new EventStream(`${host.url}/ticks`, bearer(of(7)));
    await until('the answer has come', () => again.status !== 0);
    expect(again.status).toBe(401);
  });

  it('stay open for other users, later sessions and requests without a session', async () => {
    const others = await Promise.all(
      [bearer(of(8)), bearer(of(7, AFTER)), {}].map((headers) =>
        new EventStream(`${host.url}/ticks`, headers).flowing(),
      ),
    );
    await host.logOut(7);
    const before = others.map(({ count }) => count);
    await until('they go on ticking', () =>
      others.every(({ count }, index) => count > (before[index] ?? 0) + 3),
    );
    expect(others.map(({ isOpen }) => isOpen)).toEqual([true, true, true]);
  });

  it('end with the logout of any of their users', async () => {
    const headers = { ...bearer(of(8)), 'x-late-user': of(7) };
    const both = await new EventStream(`${host.url}/late-ticks`, headers).flowing();
    await host.logOut(7);
    await until('the stream has ended', () => !both.isOpen);
  });

  it('end also if a guard of the controller sets the user', async () => {
    const late = await new EventStream(`${host.url}/late-ticks`, { 'x-late-user': of(7) }).flowing();
    await host.logOut(7);
    await until('the stream has ended', () => !late.isOpen);
  });
});

describe('a response that a handler writes itself', () => {
  let host: GuardedHost;
  beforeEach(async () => {
    host = await GuardedHost.start({
      options: { session: [bearerToken({ verify: factsOf }), requestUser({ userId: 'userId' })] },
      metadata: { controllers: [Ticker] },
    });
  });
  afterEach(() => host.end());
  const open = (path: string, headers: Record<string, string>) =>
    new EventStream(host.url + path, headers).flowing();

  it('is closed by the logout of its user if it has @EndWithSession(), and no other response is', async () => {
    const marked = [
      await open('/own-ticks', bearer(of(7))),
      await open('/late-own-ticks', { 'x-late-user': of(7) }),
    ];
    const others = [
      await open('/own-ticks', bearer(of(8))),
      await open('/own-ticks', bearer(of(7, AFTER))),
      await open('/own-ticks', {}),
      await open('/unmarked-ticks', bearer(of(7))),
    ];
    await host.logOut(7);
    await until('the marked streams have ended', () => marked.every(({ isOpen }) => !isOpen));
    const before = others.map(({ count }) => count);
    await until('the others go on', () =>
      others.every(({ count }, index) => count > (before[index] ?? 0) + 3),
    );
    expect(others.map(({ isOpen }) => isOpen)).toEqual([true, true, true, true]);
  });
});
