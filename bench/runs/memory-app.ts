// An application on SQLite as a process of its own. Sends the size of its heap after a collection.
import { setTimeout as delay } from 'node:timers/promises';
import { answer, setting } from './child.js';
import { existingSqlite } from './database.js';
import { startHost } from './host.js';

export interface ToMemoryApp {
  readonly ask: 'heap';
}

export interface FromMemoryApp {
  readonly heapUsed: number;
}

await startHost({
  database: existingSqlite(setting('DATABASE')),
  // Nothing listens there: jobs wait.
  mevetoUrl: 'http://127.0.0.1:9',
  users: 0,
  options: { inbox: { maxWaitingPerPriority: 1_000_000 } },
  staticOptions: { livePush: false },
});
answer(async (): Promise<FromMemoryApp> => {
  // The first polls are over, and their rows are garbage.
  await delay(1_500);
  globalThis.gc?.();
  globalThis.gc?.();
  return { heapUsed: process.memoryUsage().heapUsed };
});
