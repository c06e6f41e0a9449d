import type { Observable } from 'rxjs';
import { type EmittedEvent, within } from '../core/index.js';
import type { StepDurations } from './steps.js';

/**
 * Whether this process knows the logouts well enough to tell live sessions: `stale` if the state is older than
 * `logoutState.maxStalenessMs`, `refusing` if the guard also answers 503 for that reason.
 */
export type LogoutStateQuality = 'current' | 'stale' | 'refusing';

/** The state of this process. Durations in milliseconds, instants in epoch milliseconds. */
export interface ProcessStatus {
  /** Time since this process last polled the logout state successfully. */
  readonly logoutStateAgeMs: number;
  readonly logoutState: LogoutStateQuality;
  readonly reconciler: {
    readonly lastSuccessAt: number | undefined;
    readonly lastFailureAt: number | undefined;
  };
  /** Counters since the start of this process. */
  readonly counters: Readonly<Record<string, number>>;
  /** How long the steps of logouts took, since the start of this process. */
  readonly steps: readonly StepDurations[];
}

/** The state of this process and of the inbox, which all replicas share. */
export interface ObservedStatus extends ProcessStatus {
  /** Number of jobs in the inbox by state. */
  readonly calls: Readonly<Record<'pending' | 'ambiguous', number>> & Readonly<Record<string, number>>;
  readonly oldestPendingAgeMs: number | undefined;
}

/** Injection token of `Observed`, which `MevetoLogoutService` implements. */
export const OBSERVED = Symbol.for('nestjs-meveto-logout:observed');

/** What health checks, metrics and traces read. */
export interface Observed {
  /** What happens in this process. */
  readonly events$: Observable<EmittedEvent>;

  /** @throws when the store cannot be read */
  status(): Promise<ObservedStatus>;

  /** The part of `status()` that needs no store. */
  processStatus(): ProcessStatus;
}

/** The status, or undefined if the store does not answer in time. Never rejects: its errors may show values of the database. */
export async function statusWithin(ms: number, observed: Observed): Promise<ObservedStatus | undefined> {
  try {
    return await within(ms, observed.status(), () => new Error('no answer in time'));
  } catch {
    return undefined;
  }
}
