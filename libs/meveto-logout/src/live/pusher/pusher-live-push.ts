import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { LOGGED_OUT_EVENT, type LoggedOutMessage } from '../../protocol/index.js';
import { MevetoEvents, MevetoLogoutError, waitAtMost, within } from '../../core/index.js';
import { liveEvents } from '../events.js';
import type { AnnouncedLogout } from '../../store/index.js';
import { LivePush } from '../live-push.port.js';
import { RedirectPace } from '../redirect-pace.js';
import { PusherChannels } from './pusher-channels.js';
import type { ResolvedPusherOptions } from './pusher-options.js';
import type { PusherEvent, PusherServer } from './pusher-server.js';
import { PUSHER_OPTIONS, PUSHER_SERVER } from './pusher-tokens.js';
import { GUARD_OPTIONS, type ResolvedGuard } from '../../guard/index.js';

/**
 * Pusher accepts ten events per request.
 * @see https://pusher.com/docs/channels/library_auth_reference/rest-api/#post-batch-events-trigger-multiple-events
 */
const BATCH = 10;
const REQUESTS_AT_A_TIME = 4;
const PAUSES_MS = [500, 2_000];
/**
 * Limit of waiting notices, above the largest expected logout. Notices beyond the limit are dropped: the browser client
 * learns of the logout by its own check.
 */
const MAX_WAITING = 20_000;
const STOP_WITHIN_MS = 2_000;

/** A message to the pages of one user. */
interface Notice {
  readonly userId: string;
  readonly data: LoggedOutMessage;
}

/**
 * Sends logouts to browsers through Pusher. Only the replica that committed the logout sends, because Pusher reaches
 * the browsers of all replicas. Best effort, with a bounded number of attempts in the background: a logout never waits
 * for Pusher.
 */
@Injectable()
export class PusherLivePush extends LivePush {
  override readonly label = 'Pusher';
  readonly #waiting: Notice[] = [];
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #pace: RedirectPace;

  constructor(
    @Inject(PUSHER_SERVER) private readonly server: PusherServer,
    @Inject(PUSHER_OPTIONS) private readonly pusher: ResolvedPusherOptions,
    @Inject(PusherChannels) private readonly channels: PusherChannels,
    @Inject(MevetoEvents) private readonly events: MevetoEvents,
    @Inject(GUARD_OPTIONS) private readonly options: ResolvedGuard,
  ) {
    super();
    this.#pace = new RedirectPace(pusher.redirectsPerSecond);
  }

  override announce({ userId, loggedOutAt, source, reason: cause }: AnnouncedLogout): void {
    if (source !== 'own-commit' || this.#stopping.signal.aborted) return;
    const delayMs = this.#pace.nextDelayMs();
    const data: LoggedOutMessage = {
      loggedOutAt: new Date(loggedOutAt).toISOString(),
      redirectTo: this.options.whenLoggedOut.redirectTo,
      reason: 'logged-out',
      cause,
      ...(delayMs > 0 && { delayMs }),
    };
    if (this.#waiting.length === MAX_WAITING) {
      this.events.emit(liveEvents.MEVETO_PUSHER_NOT_SENT, { count: 1 });
      return;
    }
    this.#waiting.push({ userId, data });
    // Logouts of the same tick share a request.
    queueMicrotask(() => this.#work());
  }

  /** Sends the waiting notices for 2 s at most. */
  override async close(): Promise<void> {
    await waitAtMost(STOP_WITHIN_MS, this.#finish());
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

  async #send(notices: readonly Notice[]): Promise<void> {
    for (const pauseMs of [...PAUSES_MS, undefined]) {
      try {
        await this.#within(this.#publish(notices));
        this.events.emit(liveEvents.MEVETO_PUSHER_SENT, { count: notices.length });
        this.events.emit(liveEvents.MEVETO_PUSHER_RECOVERED);
        return;
      } catch (error) {
        this.events.emit(liveEvents.MEVETO_PUSHER_UNAVAILABLE, { reason: whyNot(error) });
        if (pauseMs === undefined || !isRetryable(error) || !(await this.#pause(pauseMs))) break;
      }
    }
    this.events.emit(liveEvents.MEVETO_PUSHER_NOT_SENT, { count: notices.length });
  }

  async #publish(notices: readonly Notice[]): Promise<void> {
    const eventOf = async ({ userId, data }: Notice): Promise<PusherEvent> => ({
      channel: await this.channels.of(userId),
      name: LOGGED_OUT_EVENT,
      data,
    });
    await this.server.triggerBatch(await Promise.all(notices.map(eventOf)));
  }

  /** A `server` of the application may have no deadline. */
  #within(request: Promise<void>): Promise<void> {
    return within(this.pusher.timeoutMs + 500, request, () => new Error('no answer in time'), false);
  }

  async #pause(ms: number): Promise<boolean> {
    return delay(ms, true, { signal: this.#stopping.signal, ref: false }).catch(() => false);
  }
}

/** Never shows the library's errors: they contain the signed URL. */
function whyNot(error: unknown): string {
  if (error instanceof MevetoLogoutError && error.code === 'ERR_MEVETO_STORE_UNAVAILABLE')
    return 'the store with the key of the channel names does not answer';
  const status = statusOf(error);
  return status === undefined ? 'no answer' : `status ${String(status)}`;
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined;
}

/** Whether a retry may succeed. A client error, such as for a wrong secret, repeats. */
function isRetryable(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined || status >= 500 || status === 429;
}
