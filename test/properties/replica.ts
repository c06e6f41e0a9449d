import type { ClaimedCall } from '../../libs/meveto-logout/src/inbox/inbox.port.js';
import { KnownLogouts } from '../../libs/meveto-logout/src/logout/known-logouts.js';
import type { LogoutsSince } from '../../libs/meveto-logout/src/logout/logout-register.port.js';
import { LogoutService } from '../../libs/meveto-logout/src/logout/logout.service.js';
import { refusalOf } from '../../libs/meveto-logout/src/model/session-verdict.js';
import type { ResolvedOptions } from '../../libs/meveto-logout/src/options/resolved-options.js';
import { type ClockedStore, userIdOf } from './clocked-store.js';
import type { ModelSession } from './session-model.js';

const MAX_SESSION_AGE_MS = 30 * 86_400_000;
/** How much later than possible the module forgets. */
const FORGET_SLACK_MS = 60_000;
export const LEASE_MS = 10_000;

/** One process of the application: what it knows of logouts, and how it works on calls, by a clock that may be wrong. */
export class Replica {
  /** Logouts that it must know of, by their places in the model: those it has applied or read itself. */
  mustKnow: ReadonlySet<number> = new Set();
  #known = new KnownLogouts();
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
    this.#known = new KnownLogouts();
    this.#logouts = this.#service();
    this.#asOf = 0;
    this.#look = undefined;
    await this.look(committed);
    this.see();
  }

  /** Asks the store. One question at a time: while the rows of one are on their way, no other is asked. */
  async look(committed: ReadonlySet<number>): Promise<void> {
    this.#look ??= { ...(await this.opened.store.register.committedSince(this.#asOf)), committed };
  }

  /** Takes in what the store has read. */
  see(): void {
    if (this.#look === undefined) return;
    const { logouts, forgottenUntil, asOf, committed } = this.#look;
    this.#known.storeHasForgotten(forgottenUntil);
    this.#look = undefined;
    for (const logout of logouts) this.#known.learn(logout, 'store');
    this.#asOf = asOf;
    this.mustKnow = new Set([...this.mustKnow, ...committed]);
  }

  async forget(): Promise<void> {
    const until = this.#now() - MAX_SESSION_AGE_MS - FORGET_SLACK_MS;
    this.#known.forgetUntil(until);
    await this.opened.store.register.forgetUntil(until, 100);
  }

  async claim(): Promise<ClaimedCall | undefined> {
    return (await this.opened.store.inbox.claim(1, LEASE_MS))[0];
  }

  async apply(call: ClaimedCall, mevetoId: string): Promise<string> {
    return (await this.#logouts.apply(call, mevetoId)).kind;
  }

  /** How the guard judges a session: `live`, or why not. */
  verdict({ user, beganAt }: ModelSession): string {
    const facts = { userId: userIdOf(user), signedInAt: beganAt };
    return refusalOf(facts, this.#known, this.#now(), MAX_SESSION_AGE_MS) ?? 'live';
  }

  /** Whether a session is too old, whatever happened to its user. */
  isTooOld({ beganAt }: ModelSession): boolean {
    return this.#now() - beganAt > MAX_SESSION_AGE_MS;
  }

  #now(): number {
    return this.opened.clock.now() + this.skewMs;
  }

  #service(): LogoutService {
    return new LogoutService(this.opened.store, this.#known, {} as ResolvedOptions);
  }
}
