import { describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { post, rawHttp } from '../support/network/raw-http.js';
import { World } from '../support/world.js';

const bodyOf = (token: string) => JSON.stringify({ type: 'User_Logged_Out', user_token: token });

describe('the webhook with allowFrom', () => {
  it.each(['express', 'fastify'] as const)(
    'refuses other addresses on %s, and logs the settings for a proxy',
    async (adapter) => {
      const world = await World.create();
      try {
        const open = await world.start({ adapter, options: { webhook: { allowFrom: ['127.0.0.0/8'] } } });
        expect((await rawHttp(open.url, post('/meveto/webhook', bodyOf('t')))).status).toBe(202);
        const closed = await world.start({
          adapter,
          options: { webhook: { allowFrom: ['203.0.113.0/24'] } },
        });
        const answer = await rawHttp(
          closed.url,
          post('/meveto/webhook', '', ['Content-Length: 5000']).slice(0, 1),
        );
        expect([answer.status, answer.body]).toEqual([403, expect.stringContaining('may not send webhooks')]);
        expect((await closed.service.status()).counters.webhook_address_refused).toBe(1);
      } finally {
        await world.end();
      }
    },
  );

  it.each(['express', 'fastify'] as const)(
    'ignores ports that a proxy adds to addresses on %s, for allowFrom and for the sender',
    async (adapter) => {
      const world = await World.create();
      try {
        const host = await world.start({
          adapter,
          trustProxy: 'loopback',
          options: { webhook: { allowFrom: ['198.51.100.7', '2001:db8::7'] } },
        });
        const statusOf = async (from: string): Promise<number> => {
          const headers = [`X-Forwarded-For: ${from}`];
          return (
            await rawHttp(
              host.url,
              post('/meveto/webhook', bodyOf(`token-from-${from.replaceAll(' ', '')}`), headers),
            )
          ).status;
        };
        const known = [
          '198.51.100.7',
          '198.51.100.7:51234',
          '[2001:db8::7]:51234',
          '2001:db8::7',
          '[2001:db8::7]',
        ];
        for (const from of known) expect([from, await statusOf(from)]).toEqual([from, 202]);
        const chains = ['198.51.100.7:51234, 127.0.0.2:443', '[2001:db8::7]:1, [::1]:443, 127.0.0.2:443'];
        // Fastify trusts no proxy whose address has a port. See docs/flood.md.
        for (const chain of chains)
          expect([chain, await statusOf(chain)]).toEqual([chain, adapter === 'express' ? 202 : 403]);
        const forged = ['198.51.100.7:1, 203.0.113.9:2, 127.0.0.2:443', '198.51.100.7:1, 203.0.113.9:2'];
        for (const chain of forged) expect([chain, await statusOf(chain)]).toEqual([chain, 403]);
        for (const from of ['198.51.100.8:51234', '[2001:db8::8]:51234', '2001:db8::7:5123'])
          expect([from, await statusOf(from)]).toEqual([from, 403]);
        const rows = await host.app
          .get(DataSource)
          .query<{ sender: string }[]>('SELECT sender FROM meveto_logout_jobs');
        expect(rows).toHaveLength(adapter === 'express' ? 7 : 5);
        expect(new Set(rows.map(({ sender }) => sender)).size).toBe(2);
      } finally {
        await world.end();
      }
    },
  );
});
