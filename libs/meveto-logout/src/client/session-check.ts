/** Between two requests that were answered, and the deadline of one. */
const GAP_MS = 5_000;
const EVERY_MS = 60_000;

/** What the module's check route answers; any of it may be missing from another server's answer. */
export interface CheckAnswer {
  readonly session?: string;
  readonly signedInAt?: number | null;
  readonly reason?: string;
}

export interface SessionCheck {
  /** Soon, minding the gap between two requests, and not with everybody else; or at once. */
  readonly ask: (atOnce?: boolean) => void;
  /** Gives up what is on its way, and asks no more until the next `ask`. */
  readonly stop: () => void;
}

/**
 * Asks the server whether the session is live: one request at a time, the next one 5 s or more after one that was answered.
 * Without an answer it asks again, ever more slowly; and every 60 to 120 s while `isNeeded`.
 * @param heard told of every answer; false when it says nothing, as that of a server in trouble
 */
export function createSessionCheck(
  url: string | false,
  token: (() => string | Promise<string>) | undefined,
  heard: (status: number, body: CheckAnswer) => boolean,
  isNeeded: () => boolean,
): SessionCheck {
  let next: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | undefined;
  let askedAt = -Infinity;
  let isSoon: boolean | undefined;
  let failures = 0;
  /** In `ms` to twice that; unless it is a must, only if it is needed then. */
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
      running = undefined;
      // If it was asked for meanwhile, it is due already.
      if (!isSoon) later(Math.min(EVERY_MS, GAP_MS * 1.5 ** (failures || 9)), failures);
    };
    askedAt = performance.now();
    // Also where it is the token that does not come.
    setTimeout(end, GAP_MS);
    failures++;
    try {
      const response = await fetch(url, {
        cache: 'no-store',
        signal: mine.signal,
        ...(token && { headers: { authorization: `Bearer ${await token()}` } }),
      });
      const body = (await response.json()) as CheckAnswer;
      if (running === mine && heard(response.status, body)) failures = 0;
    } catch {
      // Not a logout. Without a network nobody was asked: no gap is to be minded as soon as it is back.
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
      running = undefined;
    },
  };
}
