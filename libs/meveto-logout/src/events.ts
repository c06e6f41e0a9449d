import { among, coreEvents, event, type EventsOf, eventTable, text } from './core/index.js';
import { guardEvents } from './guard/index.js';
import { inboxEvents } from './inbox/index.js';
import { liveEvents } from './live/index.js';
import { logoutsEvents } from './logouts/index.js';
import { mevetoEvents } from './meveto/index.js';
import { sessionsEvents } from './sessions/index.js';
import { storeEvents } from './store/index.js';

export const rootEvents = eventTable({
  MEVETO_STARTED: event({
    level: 'log',
    fields: {
      webhook: text('method and route of the webhook, without its secret, or none'),
      guard: among('global', 'per route', 'not used')('where the guard runs'),
      livePush: text('the ways of live push, or none'),
      store: text('the database and the library'),
      replicas: text('the bus that tells other replicas of logouts, or none: they poll the store'),
    },
    when: 'The application has started.',
    text: ({ webhook, guard, livePush, store, replicas }) =>
      `Webhook: ${webhook}; guard: ${guard}; live push: ${livePush}; store: ${store}; replicas: ${replicas}`,
  }),
  MEVETO_HOOK_FAILED: event({
    level: 'error',
    fields: {
      hook: text('name of the option'),
      userId: text('the user that the function was called for'),
      error: text('name of the error'),
    },
    when: 'The application’s `onProtectionRemoved` threw an error or returned a rejected promise.',
    action: 'Correct the function. It is not called again for this user.',
    text: ({ hook, userId, error }) => `${hook} failed with ${error} for user ${JSON.stringify(userId)}.`,
    bound: {
      lines: 20,
      perMs: 60_000,
      rest: (rest) => `Functions of the application failed ${String(rest)} more times in the last minute.`,
    },
  }),
});

/** All events, by code. `docs/events.md` describes each of them. */
export const eventTables = {
  ...coreEvents,
  ...rootEvents,
  ...inboxEvents,
  ...logoutsEvents,
  ...mevetoEvents,
  ...sessionsEvents,
  ...guardEvents,
  ...liveEvents,
  ...storeEvents,
};

/** What happened in this process. `code` tells the events apart, `at` is the time in epoch milliseconds. */
export type MevetoEvent = EventsOf<typeof eventTables>;
