import { coreEvents, type EventsOf } from './core/index.js';

/** All events, by code. `docs/events.md` describes each of them. */
export const eventTables = { ...coreEvents };

/** What happened in this process. `code` tells the events apart, `at` is the time in epoch milliseconds. */
export type MevetoEvent = EventsOf<typeof eventTables>;
