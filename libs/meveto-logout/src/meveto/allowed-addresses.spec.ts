import { describe, expect, it } from '@jest/globals';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { linesOf } from '../../spec-support/log-lines.js';
import express from 'express';
import { loggedEvents } from '../../spec-support/told-events.js';
import { Counters } from '../core/counters.js';
import { Faults } from '../core/faults.js';
import { AllowedAddresses } from './sender-addresses.js';
import { type ResolvedMeveto, resolveMeveto } from './resolve-meveto.js';

const warn = linesOf('warn');

function make(allowFrom: readonly string[] | undefined, httpAdapter: AbstractHttpAdapter | undefined) {
  const { webhook } = resolveMeveto({ webhook: { allowFrom } }, 6_000, new Faults());
  const counters = new Counters();
  const addresses = new AllowedAddresses({ webhook } as ResolvedMeveto, loggedEvents(counters), {
    httpAdapter,
  } as never);
  return { addresses, counters };
}
const expressThatTrusts = (trust: unknown) => {
  const adapter = new ExpressAdapter();
  if (trust !== undefined) (adapter as unknown as NestExpressApplication).set('trust proxy', trust);
  return adapter;
};
const fastifyThatTrusts = (trust: unknown) => new FastifyAdapter({ trustProxy: trust as true });
const failing = () => {
  throw new Error('of the application');
};

describe('AllowedAddresses', () => {
  describe.each<[string, (trust: unknown) => AbstractHttpAdapter, string]>([
    ['Express', expressThatTrusts, 'Set trust proxy to your proxy'],
    ['Fastify', fastifyThatTrusts, 'Set trustProxy to your proxy'],
  ])('when %s trusts every proxy', (_adapter, adapterThatTrusts, remedy) => {
    it.each<[string, unknown]>([
      ['every proxy', true],
      ['every address', '0.0.0.0/1, 128.0.0.0/1'],
      ['every address that a function accepts', () => true],
      ['every address for which a function returns a number', () => 1],
      ['every address for which a function returns a string', () => 'yes'],
    ])('warns at start that allowFrom protects nothing: %s', (_whom, trust) => {
      make(['192.0.2.0/24'], adapterThatTrusts(trust)).addresses.onApplicationBootstrap();
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0]?.[0]).toContain(
        '[MEVETO_EVERY_PROXY_TRUSTED] webhook.allowFrom protects nothing',
      );
      expect(warn.mock.calls[0]?.[0]).toContain(remedy);
    });

    it('warns at start also when every address is allowed', () => {
      make(undefined, adapterThatTrusts(true)).addresses.onApplicationBootstrap();
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0]?.[0]).toContain('also the address of a known sender');
      expect(warn.mock.calls[0]?.[0]).not.toContain('allowFrom');
    });
  });

  it('warns once, at the first request, below a parent application that trusts every proxy', () => {
    const adapter = new ExpressAdapter();
    const { addresses } = make(undefined, adapter);
    addresses.onApplicationBootstrap();
    const parent = express();
    parent.set('trust proxy', true);
    parent.use('/app', adapter.getInstance<express.Express>());
    expect(warn).not.toHaveBeenCalled();
    for (let i = 0; i < 3; i += 1) addresses.admit('192.0.2.9');
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it.each<[string, AbstractHttpAdapter | undefined]>([
    ['Express that trusts no proxy', expressThatTrusts(undefined)],
    ['Express that trusts one hop', expressThatTrusts(1)],
    ['Express that trusts its own network', expressThatTrusts('loopback, uniquelocal')],
    ['Express whose function fails', expressThatTrusts(failing)],
    ['Fastify that trusts no proxy', fastifyThatTrusts(undefined)],
    ['Fastify that trusts one hop', fastifyThatTrusts((_address: string, hop: number) => hop < 1)],
    ['Fastify that trusts its own network', fastifyThatTrusts('127.0.0.1, 10.0.0.0/8')],
    ['Fastify whose function fails', fastifyThatTrusts(failing)],
    ['an application without HTTP', undefined],
  ])('does not warn with %s', (_where, adapter) => {
    make(['192.0.2.0/24'], adapter).addresses.onApplicationBootstrap();
    expect(warn).not.toHaveBeenCalled();
  });

  it('admits an unknown address when every address is allowed', () => {
    const { addresses } = make(undefined, expressThatTrusts(1));
    addresses.onApplicationBootstrap();
    expect(warn).not.toHaveBeenCalled();
    expect(addresses.admit(undefined)).toBe(true);
  });

  it('refuses and counts other addresses, and warns once a minute', () => {
    const { addresses, counters } = make(['192.0.2.0/24', '2001:db8::/32'], undefined);
    for (const one of ['192.0.2.9', '::ffff:192.0.2.9', '2001:db8::1%eth0'])
      expect(addresses.admit(one)).toBe(true);
    for (const other of ['203.0.113.9', '::1', 'nonsense', '', undefined])
      expect(addresses.admit(other)).toBe(false);
    expect(counters.all().webhook_address_refused).toBe(5);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toMatch(
      /^\[MEVETO_WEBHOOK_ADDRESS_REFUSED\] .* from 203\.0\.113\.9 was refused/,
    );
  });
});
