// The application of `npm run soak`, as a process of its own.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Controller, Get } from '@nestjs/common';
import { AnswerLoggedOut, MevetoLogoutService } from 'nestjs-meveto-logout';
import { answer, setting } from '../runs/child.js';
import { existingSqlite } from '../runs/database.js';
import { startHost, urlOf } from '../runs/host.js';

export type ToSoakApp = { readonly ask: 'url' } | { readonly ask: 'pending' } | { readonly ask: 'state' };

export interface FromSoakApp {
  readonly url: string;
  readonly pending: number;
  readonly heapMiB: number;
  readonly rssMiB: number;
  /** Of the event loop since the last question. */
  readonly delayP50Ms: number;
  readonly delayP99Ms: number;
}

const MIB = 2 ** 20;
const DELAY_RESOLUTION_MS = 5;

@Controller()
class ApiController {
  @Get('api')
  @AnswerLoggedOut('json')
  api() {
    return { ok: true };
  }
}

const app = await startHost({
  database: existingSqlite(setting('DATABASE')),
  mevetoUrl: setting('MEVETO_URL'),
  users: Number(setting('USERS')),
  options: { inbox: { concurrency: 64, perSecond: 10_000, maxWaitingPerPriority: 1_000_000 } },
  metadata: { controllers: [ApiController] },
});
const url = await urlOf(app);
const delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
delays.enable();

const pending = async (): Promise<number> => (await app.get(MevetoLogoutService).status()).calls.pending;

async function state(): Promise<Partial<FromSoakApp>> {
  // The histogram contains the resolution of its timer.
  const delayMs = (percentile: number) =>
    Math.max(0, delays.percentile(percentile) / 1e6 - DELAY_RESOLUTION_MS);
  const delayP50Ms = delayMs(50);
  const delayP99Ms = delayMs(99);
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  // The collection is not the application's delay.
  await new Promise((resolve) => setTimeout(resolve, 2 * DELAY_RESOLUTION_MS));
  delays.reset();
  return { heapMiB: heapUsed / MIB, rssMiB: rss / MIB, delayP50Ms, delayP99Ms, pending: await pending() };
}

answer(async (question: ToSoakApp): Promise<Partial<FromSoakApp>> => {
  switch (question.ask) {
    case 'url':
      return { url };
    case 'pending':
      return { pending: await pending() };
    case 'state':
      return state();
  }
});
