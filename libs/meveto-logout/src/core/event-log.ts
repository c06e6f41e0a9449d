import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { amountOf, type EmittedEvent, type EventKind, type LineBound } from './event-kinds.js';

const MOST_SAMPLES = 100;

/** The lines of one kind of event in a window of time. */
interface Window {
  lineCount: number;
  restCount: number;
  readonly samples: EmittedEvent[];
  readonly timer: NodeJS.Timeout;
}

/** Writes log lines for events, as `[MEVETO_…] text`. Outages and bounds of the tables limit the number of lines. */
@Injectable()
export class EventLog implements OnApplicationShutdown {
  readonly #logger = new Logger('MevetoLogout');
  readonly #windows = new Map<EventKind, Window>();

  heard(event: EmittedEvent, kind: EventKind, isRepeated: boolean): void {
    if (kind.level === 'none' || isRepeated) return;
    const text = textOf(event, kind);
    if (text === undefined) return;
    if (kind.bound === undefined || this.#hasRoom(event, kind, kind.bound)) this.#write(kind, text);
  }

  /** Writes what is summed up so far. */
  onApplicationShutdown(): void {
    for (const kind of [...this.#windows.keys()]) this.#close(kind);
  }

  #hasRoom(event: EmittedEvent, kind: EventKind, { lines, perMs }: LineBound<never>): boolean {
    let window = this.#windows.get(kind);
    if (window === undefined) {
      const timer = setTimeout(() => {
        this.#close(kind);
      }, perMs).unref();
      this.#windows.set(kind, (window = { lineCount: 0, restCount: 0, samples: [], timer }));
    }
    if (window.lineCount < lines) {
      window.lineCount += 1;
      return true;
    }
    window.restCount += amountOf(event);
    if (window.samples.length < MOST_SAMPLES) window.samples.push(event);
    return false;
  }

  #close(kind: EventKind): void {
    const window = this.#windows.get(kind);
    this.#windows.delete(kind);
    if (window === undefined) return;
    clearTimeout(window.timer);
    const { restCount, samples } = window;
    if (restCount === 0 || kind.bound === undefined) return;
    try {
      this.#write(kind, kind.bound.rest(restCount, samples as never));
    } catch {
      // The application's logger threw an error. In a timer it would end the process.
    }
  }

  #write({ level, code }: EventKind, text: string): void {
    if (level !== 'none') this.#logger[level](`[${code}] ${text}`);
  }
}

const textOf = (event: EmittedEvent, { text }: EventKind): string | undefined =>
  typeof text === 'function' ? text(event as never) : text;
