import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { LOGGED_OUT_EVENT, type LoggedOutMessage } from '../../client/protocol.js';
import type { AnnouncedLogout } from '../../model/logout.js';
import { Counters } from '../../observe/counters.js';
import type { ResolvedOptions } from '../../options/resolved-options.js';
import { RESOLVED_OPTIONS } from '../../tokens.js';
import { LivePush } from '../live-push.port.js';
import { RedirectPace } from '../redirect-pace.js';
import { PusherChannels } from './pusher-channels.js';
import type { ResolvedPusherOptions } from './pusher-options.js';
import type { PusherEvent, PusherServer } from './pusher-server.js';
import { PUSHER_OPTIONS, PUSHER_SERVER } from './pusher-tokens.js';

/** Pusher takes ten events in one request. @see https://pusher.com/docs/channels/library_auth_reference/rest-api/#post-batch-events-trigger-multiple-events */
const BATCH = 10;
const REQUESTS_AT_A_TIME = 4;
const PAUSES_MS = [500, 2_000];
/** More than a crowd that is logged out at once; beyond it browsers find out by themselves. */
const MAX_WAITING = 20_000;
const STOP_WITHIN_MS = 2_000;

/**
 * Tells browsers through Pusher, from the replica that committed the logout: Pusher reaches the browsers of all. Best
 * effort, with a bounded number of tries in the background: nothing of it is waited for by a logout.
 */
@Injectable()
export class PusherLivePush extends LivePush {
  readonly #logger = new Logger('MevetoLogout');
  readonly #waiting: PusherEvent[] = [];
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #pace: RedirectPace;
  #isDown = false;

  constructor(
    @Inject(PUSHER_SERVER) private readonly server: PusherServer,
    @Inject(PUSHER_OPTIONS) private readonly pusher: ResolvedPusherOptions,
    @Inject(PusherChannels) private readonly channels: PusherChannels,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    super();
    this.#pace = new RedirectPace(pusher.redirectsPerSecond);
  }

  override announce({ userId, loggedOutAt, source }: AnnouncedLogout): void {
    if (source !== 'own-commit' || this.#stopping.signal.aborted) return;
    const delayMs = this.#pace.nextDelayMs();
    const data: LoggedOutMessage = {
      loggedOutAt: new Date(loggedOutAt).toISOString(),
      redirectTo: this.options.whenLoggedOut.redirectTo,
      reason: 'logged-out',
      ...(delayMs > 0 && { delayMs }),
    };
    const events = this.channels.allOf(userId).map((channel) => ({ channel, name: LOGGED_OUT_EVENT, data }));
    if (this.#waiting.length + events.length > MAX_WAITING) {
      this.counters.add('live_push_failed', events.length);
      return;
    }
    this.#waiting.push(...events);
    // Logouts of the same moment go together.
    queueMicrotask(() => this.#work());
  }

  /** What waits is still sent, as far as the time allows. */
  override async close(): Promise<void> {
    const limit = delay(STOP_WITHIN_MS, undefined, { ref: false });
    await Promise.race([this.#finish(), limit]);
    this.#stopping.abort();
    this.#waiting.length = 0;
  }

  async #finish(): Promise<void> {
    this.#work();
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #work(): void {
    while (this.#waiting.length > 0 && this.#running.size < REQUESTS_AT_A_TIME) {
      const sending = this.#send(this.#waiting.splice(0, BATCH)).finally(() => {
        this.#running.delete(sending);
        this.#work();
      });
      this.#running.add(sending);
    }
  }

  async #send(events: PusherEvent[]): Promise<void> {
    for (const pauseMs of [...PAUSES_MS, undefined]) {
      try {
        await this.#within(this.server.triggerBatch(events));
        this.counters.add('live_push_sent', events.length);
        this.#recovered();
        return;
      } catch (error) {
        this.#failed(error);
        if (pauseMs === undefined || !mayWorkLater(error) || !(await this.#pause(pauseMs))) break;
      }
    }
    this.counters.add('live_push_failed', events.length);
  }

  /** An own `server` may have no deadline. */
  async #within(request: Promise<unknown>): Promise<void> {
    const answered = new AbortController();
    const late = delay(this.pusher.timeoutMs + 500, undefined, { signal: answered.signal, ref: false });
    const tooLate = late.then(() => Promise.reject(new Error('no answer in time')));
    tooLate.catch(() => undefined);
    try {
      await Promise.race([request, tooLate]);
    } finally {
      answered.abort();
    }
  }

  async #pause(ms: number): Promise<boolean> {
    return delay(ms, true, { signal: this.#stopping.signal, ref: false }).catch(() => false);
  }

  /** Tells of an outage once: the library's errors hold the signed address and are never shown. */
  #failed(error: unknown): void {
    if (this.#isDown) return;
    this.#isDown = true;
    const status = statusOf(error);
    this.#logger.warn(
      `Pusher was not told of a logout (${status === undefined ? 'no answer' : `status ${String(status)}`}). ` +
        'Browsers find out at their next request or check. Further failures are counted in live_push_failed.',
    );
  }

  #recovered(): void {
    if (this.#isDown) this.#logger.log('Pusher answers again.');
    this.#isDown = false;
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined;
}

/** A refusal of ours, such as for a wrong secret, is the same the next time. */
function mayWorkLater(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined || status >= 500 || status === 429;
}
