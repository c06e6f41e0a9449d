import type { ClaimedJob } from '../../libs/meveto-logout/src/store/inbox-jobs.js';
import { LogoutCache } from '../../libs/meveto-logout/src/logouts/logout-cache.js';
import type { LogoutsSince } from '../../libs/meveto-logout/src/store/logout.js';
import { LogoutService } from '../../libs/meveto-logout/src/inbox/logout.service.js';
import { refusalOf } from '../../libs/meveto-logout/src/sessions/session-validator.js';
import { MevetoEvents } from '../../libs/meveto-logout/src/core/meveto-events.js';
import { type ClockedStore, userIdOf } from './clocked-store.js';
import type { ModelSession } from './session-model.js';

const MAX_SESSION_AGE_MS = 30 * 86_400_000;
/** How much later than possible the module deletes logouts, in milliseconds. */
const FORGET_SLACK_MS = 60_000;
export const LEASE_MS = 10_000;

/** One process of the application, with its logout cache, its processing of jobs, and a clock that may be wrong. */
export class Replica {
  /** The logouts that this replica has applied or read, by their indexes in the model. */
  mustKnow: ReadonlySet<number> = new Set();
  #known = new LogoutCache();
  #logouts: LogoutService;
  #asOf = 0;
  #look: (LogoutsSince & { readonly committed: ReadonlySet<number> }) | undefined;

  constructor(
    private readonly opened: ClockedStore,
    private readonly skewMs: number,
  ) {
    this.#logouts = this.#service();
  }

  async restart(committed: ReadonlySet<number>): Promise<void> {
    this.#known = new LogoutCache();
    this.#logouts = this.#service();
    this.#asOf = 0;
    this.#look = undefined;
    await this.look(committed);
    this.see();
  }

  /** Polls the store, unless the rows of an earlier poll are in flight. */
  async look(committed: ReadonlySet<number>): Promise<void> {
    this.#look ??= { ...(await this.opened.store.logoutStore.committedSince(this.#asOf)), committed };
  }

  /** Adds the polled rows to the cache. */
  see(): void {
    if (this.#look === undefined) return;
    const { logouts, forgottenUntil, asOf, committed } = this.#look;
    this.#known.storeHasForgotten(forgottenUntil);
    this.#look = undefined;
    for (const logout of logouts) this.#known.learn(logout, 'store');
    this.#asOf = asOf;
    this.mustKnow = new Set([...this.mustKnow, ...committed]);
  }

  /** The time before which no session can have begun, epoch milliseconds. */
  forgetsUntil(): number {
    return this.#now() - MAX_SESSION_AGE_MS - FORGET_SLACK_MS;
  }

  async forget(): Promise<void> {
    const until = this.forgetsUntil();
    this.#known.forgetUntil(until);
    await this.opened.store.logoutStore.forgetUntil(until, 100);
  }

  async claim(): Promise<ClaimedJob | undefined> {
    return (await this.opened.store.inbox.claim(1, LEASE_MS))[0];
  }

  async apply(job: ClaimedJob, mevetoId: string): Promise<string> {
    return (await this.#logouts.apply(job, mevetoId)).kind;
  }

  /** The session state as in the guard: `live`, or the reason of the refusal. */
  sessionRefusal({ user, beganAt }: ModelSession): string {
    const facts = { userId: userIdOf(user), signedInAt: beganAt };
    return refusalOf(facts, this.#known, this.#now(), MAX_SESSION_AGE_MS) ?? 'live';
  }

  /** Whether a session is older than the maximum age. */
  isTooOld({ beganAt }: ModelSession): boolean {
    return this.#now() - beganAt > MAX_SESSION_AGE_MS;
  }

  #now(): number {
    return this.opened.clock.now() + this.skewMs;
  }

  #service(): LogoutService {
    return new LogoutService(this.opened.store, this.#known, new MevetoEvents());
  }
}
