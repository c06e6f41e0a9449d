import { Inject, Injectable } from '@nestjs/common';
import { LogoutUnfinishedError } from '../errors.js';
import type { UserToken } from '../model/user-token.js';
import { CallEvents } from '../observe/call-events.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from '../secrets/token-vault.js';
import type { Store } from '../store/store.port.js';
import { RESOLVED_OPTIONS, STORE } from '../tokens.js';

/** How long Meveto is kept waiting for the end of a call. */
const WITHIN_MS = 5_000;
/** How often the store is asked for calls that another replica may have ended. */
const LOOK_EVERY_MS = 150;
const MAX_DIGESTS_PER_LOOK = 500;

interface Waiter {
  /** The call's digests, by the current key and earlier ones. */
  readonly digests: readonly string[];
  readonly resolve: (isEnded: boolean) => void;
}

/**
 * Decides when a stored call may be acknowledged: at once, or when it has ended, here or on another replica. This process
 * hears of its own endings; for the others it asks the store, for all that wait in one statement.
 */
@Injectable()
export class Acknowledgement {
  readonly #waiters = new Set<Waiter>();
  /** Those that were not looked for yet. */
  #fresh: Waiter[] = [];
  #isLooking = false;
  #wake: () => void = () => undefined;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(TokenVault) private readonly vault: TokenVault,
    @Inject(CallEvents) events: CallEvents,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    events.ended$.subscribe(({ digest }) => {
      if (digest === undefined) return;
      for (const waiter of this.#waiters) if (waiter.digests.includes(digest)) waiter.resolve(true);
    });
  }

  /**
   * Resolves when the stored call of this token may be acknowledged.
   * @param receivedAt of `performance.now()`
   * @throws {LogoutUnfinishedError} when it has not ended five seconds after it was received; the work goes on.
   */
  async ready(token: UserToken, receivedAt: number): Promise<void> {
    if (this.options.acknowledge === 'on-receipt') return;
    if (this.#waiters.size >= this.options.maxWaitingPerLane) throw new LogoutUnfinishedError();
    const digests = [
      this.vault.digestToken(token.reveal()),
      ...this.vault.earlierDigestsOfToken(token.reveal()),
    ];
    if (!(await this.#ended(digests, receivedAt + WITHIN_MS - performance.now()))) {
      throw new LogoutUnfinishedError();
    }
  }

  async #ended(digests: readonly string[], withinMs: number): Promise<boolean> {
    let waiter: Waiter | undefined;
    let timer: NodeJS.Timeout | undefined;
    const ended = new Promise<boolean>((resolve) => {
      waiter = { digests, resolve };
      timer = setTimeout(resolve, Math.max(0, withinMs), false);
    });
    if (waiter !== undefined) this.#lookFor(waiter);
    try {
      return await ended;
    } finally {
      clearTimeout(timer);
      if (waiter !== undefined) this.#waiters.delete(waiter);
    }
  }

  #lookFor(waiter: Waiter): void {
    this.#waiters.add(waiter);
    this.#fresh.push(waiter);
    this.#wake();
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#lookWhileAnybodyWaits().finally(() => {
      this.#isLooking = false;
    });
  }

  /** At once for calls that have just come: they may be duplicates of ended ones. Now and then for all. */
  async #lookWhileAnybodyWaits(): Promise<void> {
    let allAt = performance.now() + LOOK_EVERY_MS;
    while (this.#waiters.size > 0) {
      await this.#pause(allAt - performance.now());
      const isForAll = performance.now() >= allAt;
      if (isForAll) allAt = performance.now() + LOOK_EVERY_MS;
      const waiters = isForAll ? [...this.#waiters] : this.#fresh;
      this.#fresh = [];
      await this.#look(waiters);
    }
  }

  /** Until the next look is due: shortly, when there are calls that were not looked for yet. */
  async #pause(untilDueMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, untilDueMs);
      // Whatever the event loop already holds shares the look.
      this.#wake = () => {
        clearTimeout(timer);
        setImmediate(resolve);
      };
      if (this.#fresh.length > 0) this.#wake();
    });
    this.#wake = () => undefined;
  }

  async #look(waiters: readonly Waiter[]): Promise<void> {
    const digests = waiters.flatMap((waiter) => waiter.digests);
    try {
      const unfinished = new Set<string>();
      for (let from = 0; from < digests.length; from += MAX_DIGESTS_PER_LOOK) {
        const some = digests.slice(from, from + MAX_DIGESTS_PER_LOOK);
        for (const digest of await this.store.inbox.unfinished(some)) unfinished.add(digest);
      }
      for (const { digests: own, resolve } of waiters) {
        if (!own.some((digest) => unfinished.has(digest))) resolve(true);
      }
    } catch {
      // The store is away: the next look comes by itself, or the time is over.
    }
  }
}
