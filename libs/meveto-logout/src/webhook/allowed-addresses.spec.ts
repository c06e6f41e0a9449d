import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Counters } from '../observe/counters.js';
import { Faults } from '../options/checks.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { resolveWebhook } from '../options/resolve-webhook.js';
import { AllowedAddresses } from './allowed-addresses.js';

const warn = jest.fn();
beforeEach(() => {
  warn.mockClear();
  Logger.overrideLogger({ log: warn, error: warn, warn });
});
afterEach(() => {
  Logger.overrideLogger(['error']);
});

function make(allowFrom: readonly string[] | undefined, httpAdapter: AbstractHttpAdapter | undefined) {
  const webhook = resolveWebhook({ webhook: { allowFrom } } as never, new Faults());
  const counters = new Counters();
  const addresses = new AllowedAddresses({ webhook } as ResolvedOptions, counters, { httpAdapter } as never);
  return { addresses, counters };
}
const expressThatTrusts = (trust: unknown) => {
  const adapter = new ExpressAdapter();
  if (trust !== undefined) (adapter as unknown as NestExpressApplication).set('trust proxy', trust);
  return adapter;
};

describe('the addresses that may call', () => {
  it.each<[string, unknown]>([
    ['every proxy', true],
    ['whatever a function of the application’s says yes to', () => true],
  ])('protect nothing where Express trusts %s, which is said at the start', (_whom, trust) => {
    make(['192.0.2.0/24'], expressThatTrusts(trust)).addresses.onApplicationBootstrap();
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain('allowFrom protects nothing');
  });

  it.each<[string, AbstractHttpAdapter | undefined]>([
    ['Express that trusts no proxy', expressThatTrusts(undefined)],
    ['Express that trusts one hop', expressThatTrusts(1)],
    ['Express that trusts its own network', expressThatTrusts('loopback, uniquelocal')],
    ['Fastify, which does not show whom it trusts', new FastifyAdapter({ trustProxy: true })],
    ['an application without HTTP', undefined],
  ])('are taken as they are on %s', (_where, adapter) => {
    make(['192.0.2.0/24'], adapter).addresses.onApplicationBootstrap();
    expect(warn).not.toHaveBeenCalled();
  });

  it('are nobody’s concern where every address may call', () => {
    const { addresses } = make(undefined, expressThatTrusts(true));
    addresses.onApplicationBootstrap();
    expect(warn).not.toHaveBeenCalled();
    expect(addresses.admit(undefined)).toBe(true);
  });

  it('keep others out, which is counted, and said once a minute', () => {
    const { addresses, counters } = make(['192.0.2.0/24', '2001:db8::/32'], undefined);
    for (const one of ['192.0.2.9', '::ffff:192.0.2.9', '2001:db8::1%eth0'])
      expect(addresses.admit(one)).toBe(true);
    for (const other of ['203.0.113.9', '::1', 'nonsense', '', undefined])
      expect(addresses.admit(other)).toBe(false);
    expect(counters.all().webhook_address_refused).toBe(5);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toContain('from 203.0.113.9 was refused');
  });
});
