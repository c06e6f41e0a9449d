import { Inject, Injectable } from '@nestjs/common';
import { type Counted, Counters, MevetoEvents } from './core/index.js';
import { LogoutCache } from './logouts/index.js';
import { MevetoReconciler } from './meveto/index.js';
import { type LogoutStateQuality, type ProcessStatus, StepTimes } from './observe/index.js';
import { type ResolvedSessions, SESSIONS_OPTIONS } from './sessions/index.js';

/**
 * The state of this process for operators: `status()` without the inbox. Durations in milliseconds, instants in epoch
 * milliseconds.
 */
export interface MevetoLogoutProcessStatus extends ProcessStatus {
  readonly counters: Readonly<Record<Counted, number>>;
}

/** Measures the steps of logouts, and puts the state of this process together. */
@Injectable()
export class ProcessState {
  readonly #steps = new StepTimes();

  constructor(
    @Inject(LogoutCache) private readonly cache: LogoutCache,
    @Inject(MevetoReconciler) private readonly reconciler: MevetoReconciler,
    @Inject(Counters) private readonly counters: Counters,
    @Inject(SESSIONS_OPTIONS) private readonly sessions: ResolvedSessions,
    @Inject(MevetoEvents) events: MevetoEvents,
  ) {
    events.listen((event) => {
      this.#steps.add(event);
    });
  }

  read(): MevetoLogoutProcessStatus {
    const ageMs = this.cache.ageMs();
    return {
      logoutStateAgeMs: ageMs,
      logoutState: this.#qualityAt(ageMs),
      reconciler: this.reconciler.status(),
      counters: this.counters.all(),
      steps: this.#steps.read(),
    };
  }

  #qualityAt(ageMs: number): LogoutStateQuality {
    if (ageMs > this.sessions.stalenessLimitMs) return 'refusing';
    return ageMs > this.sessions.maxStalenessMs ? 'stale' : 'current';
  }
}
