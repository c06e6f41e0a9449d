import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { OBSERVED, type Observed, type ObservedStatus, statusWithin } from '../observed.js';

/** When the state of the module counts as degraded, and how long a check may take. */
export interface MevetoLogoutHealthLimits {
  /**
   * Age of the oldest unfinished job, in milliseconds, above which the state is `degraded`. An outage of Meveto makes jobs
   * old: other replicas have the same age.
   * @defaultValue none: the age is only reported
   */
  readonly maxPendingAgeMs?: number;
  /**
   * How long the store may take to answer, in milliseconds. Choose less than the time-out of the load balancer.
   * @defaultValue 3000
   */
  readonly timeoutMs?: number;
}

/** What the indicator reports. Durations in milliseconds, instants in ISO 8601; null: none yet. */
export type MevetoLogoutHealth = Readonly<{
  store: 'reachable';
  inbox: { pending: number; oldestPendingAgeMs: number | null; ambiguous: number };
  reconciler: { lastSuccessAt: string | null; lastFailureAt: string | null };
  logoutState: { state: ObservedStatus['logoutState']; ageMs: number };
}>;

/**
 * Health of the logout module for `@nestjs/terminus`. It is `down` while the store does not answer, or while the guard refuses
 * sessions because the logout state is too old; `degraded` while the logout state is too old but sessions pass. An
 * unavailable Meveto leaves it `up`: a restart would not help.
 */
@Injectable()
export class MevetoLogoutHealthIndicator {
  constructor(
    @Inject(OBSERVED) private readonly observed: Observed,
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
  ) {}

  /** Never rejects, and never shows an error of the database. */
  async check<const Key extends string = 'meveto_logout'>(
    key: Key = 'meveto_logout' as Key,
    { maxPendingAgeMs = Infinity, timeoutMs = 3_000 }: MevetoLogoutHealthLimits = {},
  ): Promise<HealthIndicatorResult<Key>> {
    const indicator = this.indicators.check(key);
    const status = await statusWithin(timeoutMs, this.observed);
    if (status === undefined) return indicator.down({ store: 'unreachable' });
    const health = healthOf(status);
    if (status.logoutState === 'refusing') return indicator.down(health);
    const isDegraded = status.logoutState === 'stale' || (status.oldestPendingAgeMs ?? 0) > maxPendingAgeMs;
    return isDegraded ? indicator.degraded(health) : indicator.up(health);
  }
}

const healthOf = (status: ObservedStatus): MevetoLogoutHealth => ({
  store: 'reachable',
  inbox: {
    pending: status.calls.pending,
    oldestPendingAgeMs: status.oldestPendingAgeMs ?? null,
    ambiguous: status.calls.ambiguous,
  },
  reconciler: {
    lastSuccessAt: isoOf(status.reconciler.lastSuccessAt),
    lastFailureAt: isoOf(status.reconciler.lastFailureAt),
  },
  logoutState: { state: status.logoutState, ageMs: Math.round(status.logoutStateAgeMs) },
});

const isoOf = (instant: number | undefined): string | null =>
  instant === undefined ? null : new Date(instant).toISOString();
