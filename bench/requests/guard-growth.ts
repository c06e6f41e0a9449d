import { setTimeout as delay } from 'node:timers/promises';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { MevetoLogoutGuard } from 'nestjs-meveto-logout';
import { type Measure, ratioOf } from '../measure.js';
import type { Rows } from './host-database.js';
import { guarded, withModule } from './guard-variants.js';
import { PageController } from './pages.js';
import { takeTurns, throughputRatios } from './turns.js';

const FEW: Rows = { users: 10_000, loggedOut: 1_000 };
const MANY: Rows = { users: 1_000_000, loggedOut: 100_000 };
/** The calls of one batch are of so many different users, in both applications. */
const USERS = 5_000;
const CALLS = { quick: 500_000, full: 2_000_000 };
const POLL_MS = 200;
const ROUNDS = { quick: 5, full: 12 };

/** The time of a request behind the guard, with 100 times as many users and logouts. */
export const guardGrowth: Measure = {
  names: ['guard_growth_100x_users'],
  async run(scale) {
    const variants = [await guarded('fastify', FEW, 'few'), await guarded('fastify', MANY, 'many')];
    const rounds = await takeTurns(variants, scale);
    return { guard_growth_100x_users: ratioOf(throughputRatios(rounds, 'few', 'many')) };
  },
};

/**
 * The guard's call alone, without HTTP and Nest's pipeline, in microseconds of processor time; and its growth with 100 times as many users and logouts,
 * which fill the processor's caches.
 */
export const guardCall: Measure = {
  names: ['guard_call_us', 'guard_call_growth_100x_users'],
  async run(scale) {
    const size = scale.isQuick ? 'quick' : 'full';
    const few = await callsOf(FEW);
    const many = await callsOf(MANY);
    for (const { time } of [few, many]) time(CALLS.quick);
    const rounds: { few: number; many: number }[] = [];
    for (let round = 0; round < ROUNDS[size]; round += 1) {
      scale.progress(round, ROUNDS[size]);
      // Meanwhile the module polls its store, as it must to know that the logout state is fresh.
      await delay(POLL_MS);
      const isFewFirst = round % 2 === 0;
      const first = (isFewFirst ? few : many).time(CALLS[size]);
      const second = (isFewFirst ? many : few).time(CALLS[size]);
      rounds.push(isFewFirst ? { few: first, many: second } : { few: second, many: first });
    }
    for (const { close } of [few, many]) await close();
    return {
      guard_call_us: ratioOf(rounds.map((round) => round.few)),
      guard_call_growth_100x_users: ratioOf(rounds.map((round) => round.many / round.few)),
    };
  },
};

/** Prepares the guard's calls for requests of different users, who logged in after their logout, if any. */
async function callsOf(rows: Rows): Promise<{ time: (calls: number) => number; close: () => Promise<void> }> {
  const { app, close } = await withModule('fastify', rows);
  await app.init();
  const guard = app.get(MevetoLogoutGuard);
  const step = Math.floor(rows.users / USERS);
  const contexts = Array.from({ length: USERS }, (_, index) => {
    const session = { userId: 1 + index * step, signedInAt: Date.now() };
    const request = { method: 'GET', url: '/page', headers: {}, session };
    const handler = Reflect.get(PageController.prototype, 'page');
    const context = new ExecutionContextHost([request, { raw: {} }], PageController, handler);
    context.setType('http');
    return context;
  });
  const time = (calls: number): number => {
    const begun = process.cpuUsage();
    for (let call = 0; call < calls; call += 1) {
      const context = contexts[call % USERS];
      if (context === undefined || guard.canActivate(context) !== true)
        throw new Error('The guard refused a request.');
    }
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / calls;
  };
  return { time, close };
}
