import { Observable } from 'rxjs';
import { type Clock, SystemClock } from './clock.js';
import type { Counters } from './counters.js';
import {
  amountOf,
  count,
  type EmittedEvent,
  event,
  type EventKind,
  eventTable,
  text,
} from './event-kinds.js';
import type { EventLog } from './event-log.js';
import { nameOfError } from './name-of-error.js';
import { isThenable, safeObservable } from './safe-observable.js';

const NO_FIELDS: object = {};
/** Keys of one event that is emitted once for each key. */
const MOST_KEYS = 10;

/** Failures of listeners are reported at most this often: a listener may fail when it is told of a failure, too. */
const REPORT_EVERY_MS = 60_000;

export const coreEvents = eventTable({
  MEVETO_LISTENER_FAILED: event({
    level: 'warn',
    fields: {
      count: count('failures since the last report'),
      error: text('name of the latest error'),
    },
    when: 'Listeners of the application threw an error or returned a rejected promise. At most once a minute.',
    action: 'Correct the listener. Other listeners got the events.',
    text: ({ count, error }) =>
      `Listeners of events or logouts failed ${count === 1 ? 'once' : `${String(count)} times`}, with ${error}. Other listeners got the ` +
      'events. Next report in a minute at the earliest.',
  }),
});

/**
 * Gets each event in the turn in which it is emitted. The returned value is ignored, but a rejected promise is reported.
 * @param isRepeated whether the event continues an outage that an earlier event began
 */
export type EventListener = (event: EmittedEvent, kind: EventKind, isRepeated: boolean) => unknown;

/**
 * Emits what happens in this process. Emitting is synchronous, never throws and never waits. A listener that throws, or returns a
 * rejected promise, disturbs neither the caller nor other listeners.
 */
export class MevetoEvents {
  /** Replaced as a whole, so that a listener may add and remove listeners. */
  #listeners: readonly EventListener[] = [];
  readonly #emittedOnce = new Map<string, Set<string>>();
  readonly #outages = new Set<string>();
  /** Events that are not delivered yet. */
  readonly #queue: Parameters<EventListener>[] = [];
  #isDelivering = false;
  #failureCount = 0;
  #latestFailure = '';
  #reportTimer: NodeJS.Timeout | undefined;

  /** All events, for code of the application. */
  readonly all$: Observable<EmittedEvent> = this.protect(
    new Observable((observer) =>
      this.listen((emitted) => {
        observer.next(emitted);
      }),
    ),
  );

  constructor(private readonly clock: Clock = new SystemClock()) {}

  emit(kind: EventKind<string, object>): void;
  emit<Fields extends object>(kind: EventKind<string, Fields>, fields: Fields): void;
  emit(kind: EventKind, fields: object = NO_FIELDS): void {
    if (kind.once !== undefined && !this.#isFirst(kind, fields)) return;
    if (kind.ends !== undefined && !this.#outages.delete(kind.ends)) return;
    const isRepeated = kind.outage !== undefined && this.#outages.has(kind.outage);
    if (kind.outage !== undefined) this.#outages.add(kind.outage);
    const emitted = { code: kind.code, at: this.clock.now(), ...fields };
    this.#queue.push([emitted, kind, isRepeated]);
    if (!this.#isDelivering) this.#deliver();
  }

  /** Adds a listener, after the others. Returns a function that removes the listener. */
  listen(listener: EventListener): () => void {
    // A listener that is added twice is two listeners.
    const added: EventListener = (...emitted) => listener(...emitted);
    this.#listeners = [...this.#listeners, added];
    return () => {
      this.#listeners = this.#listeners.filter((each) => each !== added);
    };
  }

  /** The same values for code of the application: an observer that throws is reported, and cannot end the process. */
  protect<Value>(source: Observable<Value>): Observable<Value> {
    return safeObservable(source, (error) => {
      this.#report(error);
    });
  }

  /** An event that a listener causes comes after the current one, for each listener. */
  #deliver(): void {
    this.#isDelivering = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift())
      for (const listener of this.#listeners) this.#call(listener, ...next);
    this.#isDelivering = false;
  }

  #call(listener: EventListener, emitted: EmittedEvent, kind: EventKind, isRepeated: boolean): void {
    try {
      const result = listener(emitted, kind, isRepeated);
      if (!isThenable(result)) return;
      Promise.resolve(result).catch((error: unknown) => {
        this.#report(error, kind);
      });
    } catch (error) {
      this.#report(error, kind);
    }
  }

  #report(error: unknown, during?: EventKind): void {
    if (during?.code === coreEvents.MEVETO_LISTENER_FAILED.code) return;
    this.#failureCount += 1;
    this.#latestFailure = nameOfError(error);
    if (this.#reportTimer === undefined) this.#emitFailures();
  }

  #emitFailures(): void {
    const fields = { count: this.#failureCount, error: this.#latestFailure };
    this.#failureCount = 0;
    this.#reportTimer = setTimeout(() => {
      this.#reportTimer = undefined;
      if (this.#failureCount > 0) this.#emitFailures();
    }, REPORT_EVERY_MS).unref();
    this.emit(coreEvents.MEVETO_LISTENER_FAILED, fields);
  }

  #isFirst({ code, once }: EventKind, fields: object): boolean {
    const key = typeof once === 'function' ? once(fields as never) : '';
    let keys = this.#emittedOnce.get(code);
    if (keys === undefined) this.#emittedOnce.set(code, (keys = new Set()));
    if (keys.has(key) || keys.size >= MOST_KEYS) return false;
    keys.add(key);
    return true;
  }
}

/** The events of one application, with their log lines and counters. */
export function openEvents(counters: Counters, log: EventLog, clock?: Clock): MevetoEvents {
  const events = new MevetoEvents(clock);
  events.listen((emitted, { counter = [] }) => {
    const counted = typeof counter === 'function' ? counter(emitted as never) : counter;
    for (const name of [counted].flat()) counters.add(name, amountOf(emitted));
  });
  events.listen((emitted, kind, isRepeated) => {
    log.heard(emitted, kind, isRepeated);
  });
  return events;
}
