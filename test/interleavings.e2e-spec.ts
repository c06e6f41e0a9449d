import { setImmediate as turn } from 'node:timers/promises';
import { Controller, Get } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bearerToken } from 'nestjs-meveto-logout';
import {
  type ExchangeOutcome,
  TokenExchange,
} from '../libs/meveto-logout/src/exchange/token-exchange.port.js';
import { Clock } from '../libs/meveto-logout/src/model/clock.js';
import { UserToken } from '../libs/meveto-logout/src/model/user-token.js';
import { PendingCalls, type PendingPage } from '../libs/meveto-logout/src/reconcile/pending-calls.port.js';
import { GuardedHost } from './support/guarded-host.js';
import { covering, ordersOf, without } from './support/orders.js';

/**
 * What happens to one person on two devices, and what must have happened before. On device A the login is taken apart: it
 * is in flight while a logout lands. The logout may be heard of again at any time after it was first received.
 */
const STEPS = {
  'A authenticates': [],
  'A is recorded': ['A authenticates'],
  'A is stored': ['A is recorded'],
  'A is refreshed': ['A is stored'],
  'another login on A': ['A is stored'],
  'B logs in': [],
  received: [],
  applied: ['received'],
  'heard of again': ['received'],
} as const satisfies Record<string, readonly string[]>;
type Step = keyof typeof STEPS;
const BESIDE: readonly Step[] = ['A is refreshed', 'another login on A'];
const orders = ordersOf<Step>(STEPS);
const fewer = covering(orders, BESIDE);

/** It stands still between two steps, or goes on by `stepMs`. */
class HandClock extends Clock {
  ms = Date.now();
  override now(): number {
    return this.ms;
  }
}
const clock = new HandClock();

/** Meveto, which names the person `m-<name>` for the tokens `<name>` and `<name>-anew`, once it is let. */
class HeldExchange extends TokenExchange {
  readonly #held = new Map<string, PromiseWithResolvers>();

  async exchange(token: UserToken): Promise<ExchangeOutcome> {
    const name = token.reveal().replace('-anew', '');
    await this.of(name).promise;
    return { kind: 'person', mevetoId: `m-${name}` };
  }

  of(name: string): PromiseWithResolvers {
    const held = this.#held.get(name) ?? withResolvers();
    this.#held.set(name, held);
    return held;
  }
}
interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}
function withResolvers(): PromiseWithResolvers {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
const exchange = new HeldExchange();

class ListedCalls extends PendingCalls {
  listed: PendingPage['calls'] = [];
  page(): Promise<PendingPage> {
    return Promise.resolve({ calls: this.listed, skippedCount: 0, next: undefined });
  }
}
const pending = new ListedCalls();

@Controller()
class Api {
  @Get('api')
  read() {
    return {};
  }
}

const tokens = bearerToken({
  verify: (token) => {
    const [userId = '', signedInAt] = token.split('.');
    return { userId, signedInAt: Number(signedInAt) };
  },
});

/** A session or token, and when its person proved who they are: what promise P7 goes by. */
interface Session {
  readonly name: string;
  readonly token: string;
  readonly began: number;
}
type Again = 'by a repeated webhook' | 'by the pending list, with another token';

let host: GuardedHost;
let played = 0;

/** One order, on a user of its own. */
class Play {
  readonly #user = `user${String((played += 1))}`;
  readonly #sessions: Session[] = [];
  #a: { readonly authenticatedAt: number; signedInAt?: number } = { authenticatedAt: 0 };
  #receivedAt = Infinity;
  #isApplied = false;

  constructor(
    private readonly order: readonly Step[],
    private readonly again: Again,
  ) {}

  async run(stepMs: number): Promise<void> {
    for (const step of this.order) {
      clock.ms += stepMs;
      await this.#take(step);
      if (step === 'applied' || step === this.order.at(-1)) await this.#check(step);
    }
  }

  async #take(step: Step): Promise<void> {
    switch (step) {
      case 'A authenticates':
        this.#a = { authenticatedAt: clock.ms };
        return;
      case 'A is recorded':
        await this.#record(this.#a.authenticatedAt);
        return;
      case 'A is stored':
        this.#store('A', this.#a.signedInAt);
        return;
      case 'A is refreshed':
        await this.#refresh(this.#a.signedInAt);
        return;
      case 'another login on A':
      case 'B logs in':
        await this.#logIn(step);
        return;
      case 'received':
      case 'applied':
      case 'heard of again':
        await this.#takeElsewhere(step);
    }
  }

  async #refresh(signedInAt: number | undefined): Promise<void> {
    if (signedInAt === undefined) return;
    await this.#record(signedInAt);
    this.#store('A, refreshed', this.#a.signedInAt);
  }

  async #takeElsewhere(step: 'received' | 'applied' | 'heard of again'): Promise<void> {
    switch (step) {
      case 'received':
        this.#receivedAt = clock.ms;
        await this.#webhook();
        return;
      case 'applied':
        exchange.of(this.#user).resolve();
        await settled();
        this.#isApplied = true;
        return;
      case 'heard of again':
        await this.#hearAgain();
    }
  }

  async #logIn(name: string): Promise<void> {
    const { signedInAt } = await host.service.recordLogin(this.#user);
    // A login after the logout was carried out counts, also in the same millisecond.
    const began = this.#isApplied ? Infinity : clock.ms;
    this.#sessions.push({ name, token: `${this.#user}.${String(signedInAt)}`, began });
  }

  /** Only who proved after the logout who they are may be logged in after it. */
  async #record(authenticatedAt: number): Promise<void> {
    const isOutdated = this.#isApplied && authenticatedAt <= this.#receivedAt;
    const recorded = await host.service.recordLogin(this.#user, { authenticatedAt }).then(
      ({ signedInAt }) => signedInAt,
      (error: unknown) => (error as { code: string }).code,
    );
    expect([this.order, recorded]).toEqual([
      this.order,
      isOutdated ? 'ERR_MEVETO_LOGIN_OUTDATED' : authenticatedAt,
    ]);
    if (typeof recorded === 'number') this.#a = { ...this.#a, signedInAt: recorded };
    else this.#a = { authenticatedAt: this.#a.authenticatedAt };
  }

  #store(name: string, signedInAt: number | undefined): void {
    if (signedInAt === undefined) return;
    const began = this.#a.authenticatedAt;
    this.#sessions.push({ name, token: `${this.#user}.${String(signedInAt)}`, began });
  }

  async #webhook(): Promise<void> {
    const call = { type: 'User_Logged_Out', user_token: this.#user };
    const answer = await host.request('POST', '/meveto/webhook', {}, call);
    expect(answer.status).toBe(202);
  }

  async #hearAgain(): Promise<void> {
    if (this.again === 'by a repeated webhook') {
      await this.#webhook();
    } else {
      const token = new UserToken(`${this.#user}-anew`);
      pending.listed = [
        { id: this.#user, type: 'User_Logged_Out', token, createdAt: this.#receivedAt },
      ] as const;
      await host.service.reconcileNow();
    }
    if (this.#isApplied) await settled();
  }

  /** Refused if and only if it began at or before the logout, once that is carried out. */
  async #check(step: Step): Promise<void> {
    const answers = await Promise.all(
      this.#sessions.map(async ({ name, token }) => {
        const { status } = await host.request('GET', '/api', { authorization: `Bearer ${token}` });
        return [name, status];
      }),
    );
    const expected = this.#sessions.map(({ name, began }) => [
      name,
      this.#isApplied && began <= this.#receivedAt ? 401 : 200,
    ]);
    expect([this.order, step, answers]).toEqual([this.order, step, expected]);
  }
}

async function settled(): Promise<void> {
  while ((await host.service.status()).calls.pending > 0) await turn();
}

describe('two devices, a login in flight, a second one beside it, a refreshed token and a logout that is heard of twice', () => {
  beforeAll(async () => {
    host = await GuardedHost.start({
      options: { session: tokens, exchange: { perSecond: 10_000 } },
      metadata: { controllers: [Api] },
      override: (testing) => {
        testing.overrideProvider(Clock).useValue(clock);
        testing.overrideProvider(TokenExchange).useValue(exchange);
        testing.overrideProvider(PendingCalls).useValue(pending);
      },
    });
  });
  afterAll(() => host.end());

  it('can happen in 2,016 orders, and in 560 without the refresh, and without the second login', () => {
    expect(new Set(orders.map(String)).size).toBe(2_016);
    for (const each of [orders, fewer]) {
      for (const step of BESIDE) expect(new Set(each.map((order) => without(step, order))).size).toBe(560);
    }
  });

  describe.each<Again>(['by a repeated webhook', 'by the pending list, with another token'])(
    '%s',
    (again) => {
      it.each([
        ['a millisecond apart', 1],
        ['all in the same millisecond', 0],
      ])(
        'end every session that began by then and no other, in each order, %s',
        async (_apart, stepMs) => {
          const isFirst = again === 'by a repeated webhook' && stepMs > 0;
          for (const order of isFirst ? orders : fewer) await new Play(order, again).run(stepMs);
        },
        120_000,
      );
    },
  );
});
