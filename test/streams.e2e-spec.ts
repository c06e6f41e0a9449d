import { request as send } from 'node:http';
import { Controller, Get, Req, type MessageEvent, Sse, UseGuards } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bearerToken, requestUser } from 'nestjs-meveto-logout';
import { interval, map, type Observable } from 'rxjs';
import { GuardedHost } from './support/guarded-host.js';
import { until } from './support/until.js';

/** A token is `<user id>.<signed in at>`. */
const factsOf = (token: string) => {
  const [userId, signedInAt] = token.split('.');
  return userId === undefined ? undefined : { userId, signedInAt: Number(signedInAt) };
};

/** The application's own guard, which puts the user on the request after the module's global one has run. */
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

  @Get('whoami')
  whoami(@Req() { headers }: { headers: Record<string, string> }) {
    return { who: headers['authorization'] ?? null };
  }
}

/** Server-sent events as a browser reads them. */
class Stream {
  text = '';
  status = 0;
  isOpen = true;

  constructor(url: string, headers: Record<string, string>) {
    const close = () => (this.isOpen = false);
    send(url, { headers: { accept: 'text/event-stream', ...headers }, agent: false }, (response) => {
      this.status = response.statusCode ?? 0;
      response.setEncoding('utf8').on('data', (chunk: string) => (this.text += chunk));
      response.on('close', close).on('error', close);
    })
      .on('error', close)
      .end();
  }

  get ticks(): number {
    return this.text.match(/"tick"/g)?.length ?? 0;
  }

  async ticking(): Promise<this> {
    await until('the stream ticks', () => this.ticks > 1);
    return this;
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

  it('end with the logout of their user, and are refused when the browser asks again', async () => {
    const mine = await new Stream(`${host.url}/ticks`, bearer(of(7))).ticking();
    await host.logOut(7);
    await until('the stream has ended', () => !mine.isOpen);
    const again = new Stream(`${host.url}/ticks`, bearer(of(7)));
    await until('the answer has come', () => again.status !== 0);
    expect(again.status).toBe(401);
  });

  it('go on for everybody else: other users, later sessions, strangers', async () => {
    const others = await Promise.all(
      [bearer(of(8)), bearer(of(7, AFTER)), {}].map((headers) =>
        new Stream(`${host.url}/ticks`, headers).ticking(),
      ),
    );
    await host.logOut(7);
    const before = others.map(({ ticks }) => ticks);
    await until('they go on ticking', () =>
      others.every(({ ticks }, index) => ticks > (before[index] ?? 0) + 3),
    );
    expect(others.map(({ isOpen }) => isOpen)).toEqual([true, true, true]);
  });

  it('end with the logout of any of their users', async () => {
    const headers = { ...bearer(of(8)), 'x-late-user': of(7) };
    const both = await new Stream(`${host.url}/late-ticks`, headers).ticking();
    await host.logOut(7);
    await until('the stream has ended', () => !both.isOpen);
  });

  it('end too when a guard of the controller has put the user on the request', async () => {
    const late = await new Stream(`${host.url}/late-ticks`, { 'x-late-user': of(7) }).ticking();
    await host.logOut(7);
    await until('the stream has ended', () => !late.isOpen);
  });
});
