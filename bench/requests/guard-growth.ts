import { setTimeout as delay } from 'node:timers/promises';
import type { INestApplication } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { MevetoLogoutGuard } from 'nestjs-meveto-logout';
import { type Measure, ratioOf, type Scale } from '../measure.js';
import type { Rows } from './host-database.js';
import { guardedApplication } from './guard-variants.js';
import { PageController } from './pages.js';
import { takeTurns, timeRatios } from './turns.js';

const FEW: Rows = { users: 10_000, loggedOut: 1_000 };
const MANY: Rows = { users: 1_000_000, loggedOut: 100_000 };
/** The calls are of so many different users, in both applications. */
const USERS = 5_000;
const CALLS = { quick: 500_000, full: 2_000_000 };
const ROUNDS = { quick: 3, full: 12 };
/** Between two rounds, the module polls its store, as it must to know that the logout state is fresh. */
const POLL_MS = 200;

/**
 * The processor time of a request behind the guard with 100 times as many users and logouts: a difference of a few percent is less than
 * the noise of the throughput. Also the guard's call alone, without HTTP and Nest's pipeline, in microseconds of processor time, and
 * its growth: many logouts do not fit into the processor's caches.
 */
export const guardGrowth: Measure = {
  names: ['guard_growth_100x_users', 'guard_call_us', 'guard_call_growth_100x_users'],
  async run(scale) {
    const few = await guardedApplication('fastify', FEW, 'few');
    const many = await guardedApplication('fastify', MANY, 'many');
    const calls = await timeCalls(callsOf(few.app, FEW), callsOf(many.app, MANY), scale);
    const rounds = await takeTurns([few.variant, many.variant], scale);
    return {
      guard_growth_100x_users: ratioOf(timeRatios(rounds, 'many', 'few')),
      guard_call_us: ratioOf(calls.map((round) => round.few)),
      guard_call_growth_100x_users: ratioOf(calls.map((round) => round.many / round.few)),
    };
  },
};

/** Makes so many calls, and returns the processor time of one. */
type TimeCalls = (calls: number) => number;

async function timeCalls(
  few: TimeCalls,
  many: TimeCalls,
  { isQuick }: Scale,
): Promise<readonly { readonly few: number; readonly many: number }[]> {
  const size = isQuick ? 'quick' : 'full';
  for (const time of [few, many]) time(CALLS.quick);
  const rounds: { few: number; many: number }[] = [];
  while (rounds.length < ROUNDS[size]) {
    await delay(POLL_MS);
    const isFewFirst = rounds.length % 2 === 0;
    const first = (isFewFirst ? few : many)(CALLS[size]);
    const second = (isFewFirst ? many : few)(CALLS[size]);
    rounds.push(isFewFirst ? { few: first, many: second } : { few: second, many: first });
  }
  return rounds;
}

/** Prepares the guard's calls for requests of different users, who logged in after their logout, if any. */
function callsOf(app: INestApplication, { users }: Rows): TimeCalls {
  const guard = app.get(MevetoLogoutGuard);
  // Odd: V8 caches the texts of numbers by their last bits, and ids that are multiples of 8 apart would share few places there.
  const step = (Math.floor(users / USERS) - 1) | 1;
  const contexts = Array.from({ length: USERS }, (_, index) => {
    const session = { userId: 1 + index * step, signedInAt: Date.now() };
    const request = { method: 'GET', url: '/page', headers: {}, session };
    const handler = Reflect.get(PageController.prototype, 'page');
    const context = new ExecutionContextHost([request, { raw: {} }], PageController, handler);
    context.setType('http');
    return context;
  });
  return (calls) => {
    const begun = process.cpuUsage();
    for (let call = 0; call < calls; call += 1) {
      const context = contexts[call % USERS];
      if (context === undefined || guard.canActivate(context) !== true)
        throw new Error('The guard refused a request.');
    }
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / calls;
  };
}
