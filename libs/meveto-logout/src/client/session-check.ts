import type { LiveSession, RefusalBody } from '../protocol/index.js';

/** Pause between two answered requests, and deadline of one request. */
const GAP_MS = 5_000;
const EVERY_MS = 60_000;

/** The answer of the module's check route. Any field may be missing in another server's answer. */
export type CheckAnswer = Partial<Omit<LiveSession, 'state'> & RefusalBody>;

export interface SessionCheck {
  /** Asks the server, after the minimum pause between requests and a random delay, or at once. */
  readonly ask: (atOnce?: boolean) => void;
  /** Aborts a request in flight, and sends no request until the next `ask`. */
  readonly stop: () => void;
}

/**
 * Asks the server whether the session is live. Sends one request at a time, and the next one 5 s or more after an
 * answered one. Without an answer, repeats the request with growing pauses. Also asks every 60 to 120 s while
 * `isNeeded`.
 * @param received called with every answer; returns false when the answer does not contain the session state, as on a 503
 */
export function createSessionCheck(
  url: string | false,
  token: (() => string | Promise<string>) | undefined,
  received: (status: number, body: CheckAnswer) => boolean,
  isNeeded: () => boolean,
): SessionCheck {
  let next: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | null | undefined;
  let isSoon: boolean | undefined;
  let askedAt = -Infinity;
  let failures = 0;
  /** Runs after `ms` to `2 * ms`. Unless `isMust`, only if a check is needed at that time. */
  const later = (ms: number, isMust?: unknown): void => {
    clearTimeout(next);
    next = setTimeout(
      () => {
        isSoon = false;
        if (isMust || isNeeded()) void run();
        else later(EVERY_MS);
      },
      ms * (1 + Math.random()),
    );
  };
  const run = async (): Promise<void> => {
    if (running || !url) return;
    const mine = (running = new AbortController());
    const end = (): void => {
      if (running !== mine) return;
      mine.abort();
      running = null;
      // A later `ask` has already scheduled another request.
      if (!isSoon) later(Math.min(EVERY_MS, GAP_MS * 1.5 ** (failures || 9)), failures);
    };
    askedAt = performance.now();
    // The deadline also covers the token.
    setTimeout(end, GAP_MS);
    failures++;
    try {
      const response = await fetch(url, {
        signal: mine.signal,
        cache: 'no-store',
        ...(token && { headers: { authorization: `Bearer ${await token()}` } }),
      });
      const body = (await response.json()) as CheckAnswer;
      if (running === mine && received(response.status, body)) failures = 0;
    } catch {
      // A failure is not a logout. It skips the pause, so that a check follows as soon as the network is back.
      askedAt = -Infinity;
    }
    end();
  };
  return {
    ask(atOnce) {
      if (atOnce && !running) {
        isSoon = false;
        void run();
      } else if (!isSoon) {
        isSoon = true;
        later(Math.max(askedAt + GAP_MS - performance.now(), 400), true);
      }
    },
    stop() {
      clearTimeout(next);
      isSoon = false;
      running?.abort();
      running = null;
    },
  };
}
