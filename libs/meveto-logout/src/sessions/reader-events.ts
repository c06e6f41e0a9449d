import { Counters, EventLog, type MevetoEvents, openEvents } from '../core/index.js';

const known = new WeakMap<object, MevetoEvents>();

/**
 * Lets session readers, and functions of the application that return sessions, emit events of the module. They are created outside
 * dependency injection.
 */
export function attachEvents(sources: readonly (object | undefined)[], events: MevetoEvents): void {
  for (const source of sources) if (source !== undefined) known.set(source, events);
}

/** The events of the module that uses this reader or function. A reader inside a reader of the application only writes the log. */
export function eventsOf(source: object): MevetoEvents {
  const attached = known.get(source);
  if (attached !== undefined) return attached;
  const own = openEvents(new Counters(), new EventLog());
  known.set(source, own);
  return own;
}
