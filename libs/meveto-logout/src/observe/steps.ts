import type { EmittedEvent } from '../core/index.js';
import { type Durations, Histogram } from './histogram.js';

/**
 * The steps of a logout. Each duration ends with its step. It begins with the request (`acknowledged`), the storage of the job
 * (`exchanged`, `committed`), the time of the logout (`known`), or the moment at which this process knew the logout
 * (`sockets_notified`).
 */
export type Step = 'acknowledged' | 'exchanged' | 'committed' | 'known' | 'sockets_notified';

export interface StepLabels {
  readonly step: Step;
  /** For `exchanged` and `committed`: the final state of the job. */
  readonly state?: string;
  /** For `known`: from where this process learned of the logout. */
  readonly source?: string;
}

/** The durations of one step, with the labels that tell its cases apart. */
export interface StepDurations extends StepLabels, Durations {}

/** A job that this process has finished. The durations begin when the job was stored. */
export interface FinishedJob extends EmittedEvent {
  readonly jobId: string;
  readonly userIds?: readonly string[];
  readonly sinceReceiptMs: number;
  readonly acknowledgedAfterMs?: number | undefined;
  readonly startedAfterMs?: number | undefined;
  readonly answeredAfterMs?: number | undefined;
}

/** All open sockets of a user were notified of a logout. */
export interface NotifiedSockets extends EmittedEvent {
  readonly userId: string;
  readonly count: number;
  readonly sinceKnownMs: number;
}

const FINAL_STATES: Readonly<Record<string, string>> = {
  MEVETO_JOB_APPLIED: 'applied',
  MEVETO_JOB_REJECTED: 'rejected',
  MEVETO_JOB_UNKNOWN_USER: 'unknown_user',
  MEVETO_JOB_AMBIGUOUS: 'ambiguous',
  MEVETO_JOB_EXPIRED: 'expired',
};

/** The finished job that an event reports, with its state. Housekeeping does not know the times of the jobs that it expires. */
export function finishedJobIn(event: EmittedEvent): (FinishedJob & { readonly state: string }) | undefined {
  const state = FINAL_STATES[event.code];
  const job = event as Partial<FinishedJob> & EmittedEvent;
  if (state === undefined || job.sinceReceiptMs === undefined) return undefined;
  return { ...(event as FinishedJob), state };
}

export const notifiedSocketsIn = (event: EmittedEvent): NotifiedSockets | undefined =>
  event.code === 'MEVETO_SOCKETS_NOTIFIED' ? (event as NotifiedSockets) : undefined;

type Take = (labels: StepLabels, ms: number) => void;

/** Passes on each step that an event reports. Events without steps are ignored. */
export function stepsIn(event: EmittedEvent, take: Take): void {
  const job = finishedJobIn(event);
  if (job !== undefined) {
    const { state, answeredAfterMs, sinceReceiptMs } = job;
    if (answeredAfterMs !== undefined) take({ step: 'exchanged', state }, answeredAfterMs);
    take({ step: 'committed', state }, sinceReceiptMs);
  }
  const sockets = notifiedSocketsIn(event);
  if (sockets !== undefined) take({ step: 'sockets_notified' }, sockets.sinceKnownMs);
}

/** The durations of the steps in this process, for `status()`. */
export class StepTimes {
  readonly #series = new Map<string, { readonly labels: StepLabels; readonly histogram: Histogram }>();

  add(event: EmittedEvent): void {
    stepsIn(event, (labels, ms) => {
      const key = `${labels.step} ${labels.state ?? labels.source ?? ''}`;
      let series = this.#series.get(key);
      if (series === undefined) this.#series.set(key, (series = { labels, histogram: new Histogram() }));
      series.histogram.add(ms);
    });
  }

  read(): readonly StepDurations[] {
    return [...this.#series.values()].map(({ labels, histogram }) => ({ ...labels, ...histogram.read() }));
  }
}
