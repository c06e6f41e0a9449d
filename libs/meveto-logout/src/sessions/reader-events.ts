import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Counters, EventLog, type MevetoEvents, openEvents } from '../core/index.js';

type Emitter = Pick<MevetoEvents, 'emit'>;

const attached = new WeakMap<object, MevetoEvents>();
/** The events of the modules that run in this process. */
const running = new Set<MevetoEvents>();
/** Log lines of readers that are used while no module runs. */
const logs = new WeakMap<object, MevetoEvents>();

/**
 * Lets session readers, and functions of the application that return sessions, emit events of the module. They are created outside
 * dependency injection. The module does not know readers inside a reader of the application: while it runs, it gets the events of all
 * such readers.
 */
export class ReaderEvents implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    sources: readonly (object | undefined)[],
    private readonly events: MevetoEvents,
  ) {
    for (const source of sources) if (source !== undefined) attached.set(source, events);
  }

  onApplicationBootstrap(): void {
    running.add(this.events);
  }

  onApplicationShutdown(): void {
    running.delete(this.events);
  }
}

const ofAllRunning: Emitter = {
  emit: (kind: never, fields?: never) => {
    for (const events of running) events.emit(kind, fields as never);
  },
};

/** The events of the module that uses this reader or function, or of every running module if no module knows it. */
export const eventsOf = (source: object): Emitter =>
  attached.get(source) ?? (running.size > 0 ? ofAllRunning : logOf(source));

function logOf(source: object): MevetoEvents {
  let log = logs.get(source);
  if (log === undefined) logs.set(source, (log = openEvents(new Counters(), new EventLog())));
  return log;
}
