import { Counters } from '../src/core/counters.js';
import { EventLog } from '../src/core/event-log.js';
import type { EmittedEvent } from '../src/core/event-kinds.js';
import { type MevetoEvents, openEvents } from '../src/core/meveto-events.js';

/** Events with log lines and counters, as the module has them. */
export const loggedEvents = (counters = new Counters()): MevetoEvents => openEvents(counters, new EventLog());

/** The events that are emitted from now on. */
export function toldBy(events: MevetoEvents): EmittedEvent[] {
  const told: EmittedEvent[] = [];
  events.listen((event) => {
    told.push(event);
  });
  return told;
}
