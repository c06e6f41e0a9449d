import { Controller, Get, Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { jwtSession, SkipMevetoLogout, type StoreDefinition } from 'nestjs-meveto-logout';
import { memoryStore } from 'nestjs-meveto-logout/testing';
import { STORE, type Store } from '../../libs/meveto-logout/src/store/store.port.js';
import { GuardedHost } from '../support/hosts/guarded-host.js';
import type { HttpAdapterKind } from '../support/hosts/http-adapters.js';
import { until } from '../support/until.js';

@Controller('page')
class Page {
  @Get()
  read(): string {
    return 'a page';
  }

  @Get('open')
  @SkipMevetoLogout()
  open(): string {
    return 'an open page';
  }
}

const jwtService = new JwtService({ secret: 'the host’s own secret' });
const foreign = new JwtService({ secret: 'another secret' });
const withToken = (service: JwtService, sub: string) => ({
  authorization: `Bearer ${service.sign({ sub })}`,
});

const TEN_MINUTES_MS = 600_000;
const BATCH = 50;

describe.each<HttpAdapterKind>(['express', 'fastify'])(
  'sessions that nothing would end, on %s',
  (adapter) => {
    let host: GuardedHost;
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const realNow = performance.now.bind(performance);
    let aheadMs = 0;
    let now: { mockRestore(): void } | undefined;
    beforeEach(() => {
      warn.mockClear();
      aheadMs = 0;
      now = jest.spyOn(performance, 'now').mockImplementation(() => realNow() + aheadMs);
    });
    afterEach(async () => {
      now?.mockRestore();
      await host.end();
    });

    const start = async (store: StoreDefinition = memoryStore()): Promise<void> => {
      host = await GuardedHost.start({
        adapter,
        options: {
          session: jwtSession({ jwtService }),
          store,
        },
        metadata: { controllers: [Page] },
      });
    };
    const ask = async (times: number, headers: Record<string, string>, path = '/page'): Promise<void> => {
      for (let done = 0; done < times; done += BATCH) {
        const batch = Array.from({ length: Math.min(BATCH, times - done) }, () =>
          host.request('GET', path, headers),
        );
        for (const { status } of await Promise.all(batch)) expect(status).toBe(200);
      }
    };
    const warnings = () => warn.mock.calls.map(([text]) => String(text));
    const sessionsRead = async () => (await host.service.status()).counters.guard_sessions_read;

    it('cause one warning if no reader finds any: tokens that another key signed', async () => {
      await start();
      const headers = withToken(foreign, '7');
      await ask(1_000, headers);
      await ask(10, headers, '/page/open');
      expect(warnings()).toEqual([]);
      aheadMs = TEN_MINUTES_MS;
      await ask(10, {});
      expect(warnings()).toHaveLength(1);
      await ask(10, headers);
      expect(warnings()).toEqual([expect.stringContaining('No session reader has found a session')]);
      expect(await sessionsRead()).toBe(0);
    });

    it.each([
      ['are warned of once where the store knows none of their users', '7', ['The store has no user']],
      ['are not warned of where it knows one', '8', []],
    ])('%s', async (_what, known, expected) => {
      await start(memoryStore({ users: [{ id: known }] }));
      const { logoutStore } = host.app.get<Store>(STORE, { strict: false });
      const countUsers = jest.spyOn(logoutStore, 'countUsers');
      await ask(99, withToken(jwtService, 'a'));
      expect(countUsers).not.toHaveBeenCalled();
      await ask(20, withToken(jwtService, '8'));
      await until('the users are looked up', () => countUsers.mock.calls.length > 0);
      await ask(120, withToken(jwtService, 'b'));
      expect(countUsers.mock.calls).toEqual([[['a', '8']]]);
      expect(warnings()).toEqual(expected.map((text) => expect.stringContaining(text)));
      expect(await sessionsRead()).toBe(239);
    });
  },
);
