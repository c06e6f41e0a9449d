import { setImmediate as turn } from 'node:timers/promises';
import { Controller, Get } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bearerToken } from 'nestjs-meveto-logout';
import { memoryStore } from 'nestjs-meveto-logout/testing';
import {
  type ExchangeOutcome,
  TokenExchange,
} from '../../libs/meveto-logout/src/inbox/token-exchange.port.js';
import { Clock } from '../../libs/meveto-logout/src/core/clock.js';
import { UserToken } from '../../libs/meveto-logout/src/store/job.js';
import {
  PendingWebhooks,
  type PendingPage,
} from '../../libs/meveto-logout/src/meveto/pending-webhooks.port.js';
import { GuardedHost } from '../support/hosts/guarded-host.js';
import { covering, ordersOf, without } from '../support/orders.js';

/**
 * Steps of one person on two devices, each with the steps that must come before. The login on device A has several steps: it
 * is in flight while a logout arrives. The logout may arrive again at any time after its first receipt.
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
  'received again': ['received'],
} as const satisfies Record<string, readonly string[]>;
type Step = keyof typeof STEPS;
const BESIDE: readonly Step[] = ['A is refreshed', 'another login on A'];
const orders = ordersOf<Step>(STEPS);
const fewer = covering(orders, BESIDE);

/** Advances by `stepMs` between two steps. */
class HandClock extends Clock {
  ms = Date.now();
  override now(): number {
    return this.ms;
  }
}
const clock = new HandClock();
const store = memoryStore({ clock });

/** Returns the person `m-<name>` for the tokens `<name>` and `<name>-again`, once the test allows an answer. */
class HeldExchange extends TokenExchange {
  readonly deadlineMs = 1_000;
  readonly #waiting = new Map<string, PromiseWithResolvers>();

  async exchange(token: UserToken): Promise<ExchangeOutcome> {
    const name = token.reveal().replace('-again', '');
    await this.of(name).promise;
    return { kind: 'person', mevetoId: `m-${name}` };
  }

  of(name: string): PromiseWithResolvers {
    const waiting = this.#waiting.get(name) ?? withResolvers();
    this.#waiting.set(name, waiting);
    return waiting;
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

class ListedWebhooks extends PendingWebhooks {
  listed: PendingPage['webhooks'] = [];
  page(): Promise<PendingPage> {
    return Promise.resolve({ webhooks: this.listed, skippedCount: 0, next: undefined });
  }
}
const pending = new ListedWebhooks();

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

/** A session or token, and the time of the person's authentication, which decides for promise P7. */
interface Session {
  readonly name: string;
  readonly token: string;
  readonly began: number;
}
type Again = 'by a repeated webhook' | 'by the list of pending webhooks, with another token';

let host: GuardedHost;
let played = 0;

/** Runs one order of steps, with its own user. */
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
    await store.setUser({ id: this.#user, mevetoId: `m-${this.#user}` });
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
      case 'received again':
        await this.#takeElsewhere(step);
    }
  }

  async #refresh(signedInAt: number | undefined): Promise<void> {
    if (signedInAt === undefined) return;
    await this.#record(signedInAt);
    this.#store('A, refreshed', this.#a.signedInAt);
  }

  async #takeElsewhere(step: 'received' | 'applied' | 'received again'): Promise<void> {
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
      case 'received again':
        await this.#receiveAgain();
    }
  }

  async #logIn(name: string): Promise<void> {
    const { signedInAt } = await host.service.recordLogin(this.#user);
    // A login after the receipt begins later than the logout, also in the same millisecond.
    const began = this.#receivedAt === Infinity ? clock.ms : Infinity;
    this.#sessions.push({ name, token: `${this.#user}.${String(signedInAt)}`, began });
  }

  /** After the logout, only a later authentication may be recorded as a login. */
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
    const body = { type: 'User_Logged_Out', user_token: this.#user };
    const answer = await host.request('POST', '/meveto/webhook', {}, body);
    expect(answer.status).toBe(202);
  }

  async #receiveAgain(): Promise<void> {
    if (this.again === 'by a repeated webhook') {
      await this.#webhook();
    } else {
      const token = new UserToken(`${this.#user}-again`);
      pending.listed = [{ id: this.#user, kind: 'logout', token, createdAt: this.#receivedAt }] as const;
      await host.service.reconcileNow();
    }
    if (this.#isApplied) await settled();
  }

  /** Once the logout is applied, exactly the sessions that began at or before it are refused. */
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

describe('two devices with a login in flight, a second login, a refreshed token and a logout that is received twice', () => {
  beforeAll(async () => {
    host = await GuardedHost.start({
      options: { session: tokens, store, inbox: { perSecond: 10_000 } },
      metadata: { controllers: [Api] },
      override: (testing) => {
        testing.overrideProvider(Clock).useValue(clock);
        testing.overrideProvider(TokenExchange).useValue(exchange);
        testing.overrideProvider(PendingWebhooks).useValue(pending);
      },
    });
  });
  afterAll(() => host.end());

  it('have 2,016 orders of steps, and 560 without the refresh or without the second login', () => {
    expect(new Set(orders.map(String)).size).toBe(2_016);
    for (const each of [orders, fewer]) {
      for (const step of BESIDE) expect(new Set(each.map((order) => without(step, order))).size).toBe(560);
    }
  });

  describe.each<Again>(['by a repeated webhook', 'by the list of pending webhooks, with another token'])(
    '%s',
    (again) => {
      it.each([
        ['a millisecond apart', 1],
        ['all in the same millisecond', 0],
      ])(
        'end exactly the sessions that began by the time of the logout, in each order, %s',
        async (_apart, stepMs) => {
          const isFirst = again === 'by a repeated webhook' && stepMs > 0;
          for (const order of isFirst ? orders : fewer) await new Play(order, again).run(stepMs);
        },
        120_000,
      );
    },
  );
});
