import { ReaderAudit } from '../src/sessions/reader-audit.js';
import { Counters } from '../src/core/counters.js';
import { loggedEvents } from './told-events.js';

/** A session watch for tests that look up no sessions in a store. */
export const NO_AUDIT = new ReaderAudit(() => Promise.resolve(0), new Counters(), loggedEvents());
