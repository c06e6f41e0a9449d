import type { EmittedEvent, EventsOf } from '../core/index.js';
import type { inboxEvents } from '../inbox/index.js';
import type { logoutsEvents } from '../logouts/index.js';
import type { mevetoEvents } from '../meveto/index.js';
import type { sessionsEvents } from '../sessions/index.js';
import { type Durations, Histogram } from './histogram.js';

/**
 * The steps of a logout. Each duration ends with its step. It begins with the request (`acknowledged`), the storage of the job
 * (`exchanged`, `committed`), the time of the logout (`known`), or the moment at which this process knew the logout
 * (`connections_notified`).
 */
export type Step = 'acknowledged' | 'exchanged' | 'committed' | 'known' | 'connections_notified';

export interface StepLabels {
  readonly step: Step;
  /** For `exchanged` and `committed`: the final state of the job. */
  readonly state?: string;
  /** For `known`: from where this process learned of the logout. */
  readonly source?: string;
}

/** The durations of one step, with the labels that tell its cases apart. */
export interface StepDurations extends StepLabels, Durations {}

type Event =
  | EventsOf<typeof inboxEvents>
  | EventsOf<typeof logoutsEvents>
  | EventsOf<typeof mevetoEvents>
  | EventsOf<typeof sessionsEvents>;
type EventOf<Code extends Event['code']> = Extract<Event, { code: Code }>;

/** The final states of jobs that this process has finished. */
const FINAL_STATES = {
  MEVETO_JOB_APPLIED: 'applied',
  MEVETO_JOB_REJECTED: 'rejected',
  MEVETO_JOB_UNKNOWN_USER: 'unknown_user',
  MEVETO_JOB_AMBIGUOUS: 'ambiguous',
  MEVETO_JOB_OF_TOO_MANY_USERS: 'ambiguous',
  MEVETO_JOB_EXPIRED: 'expired',
} as const;

type FinishedJob = EventOf<keyof typeof FINAL_STATES>;
type JobTimes = EventOf<'MEVETO_JOB_EXPIRED'>['times'][number];
export type NotifiedConnections = EventOf<'MEVETO_CONNECTIONS_NOTIFIED'>;

// The codes tell all events apart.
const isFinishedJob = (event: EmittedEvent): event is FinishedJob => event.code in FINAL_STATES;
const has = <Code extends Event['code']>(event: EmittedEvent, code: Code): event is EventOf<Code> =>
  event.code === code;

/** Jobs that finished together: one, or several that expired. */
export interface FinishedJobs {
  /** When they had finished, in epoch milliseconds. */
  readonly at: number;
  readonly state: (typeof FINAL_STATES)[keyof typeof FINAL_STATES];
  readonly jobIds: readonly string[];
  /** The times of each job, in the order of `jobIds`. */
  readonly times: readonly JobTimes[];
  readonly userIds: readonly string[];
}

/** The finished jobs that an event reports. */
export function finishedJobsIn(event: EmittedEvent): FinishedJobs | undefined {
  if (!isFinishedJob(event)) return undefined;
  const { at, code } = event;
  const userIds = has(event, 'MEVETO_JOB_APPLIED') ? event.userIds : [];
  const { jobIds, times } = has(event, 'MEVETO_JOB_EXPIRED')
    ? event
    : { jobIds: [event.jobId], times: [event] };
  return { at, state: FINAL_STATES[code], jobIds, times, userIds };
}

export const notifiedConnectionsIn = (event: EmittedEvent): NotifiedConnections | undefined =>
  has(event, 'MEVETO_CONNECTIONS_NOTIFIED') ? event : undefined;

type Take = (labels: StepLabels, ms: number) => void;

/** Passes on each step that an event reports. Events without steps are ignored. */
export function stepsIn(event: EmittedEvent, take: Take): void {
  const finished = finishedJobsIn(event);
  if (finished !== undefined) {
    const { state, times } = finished;
    for (const { answeredAfterMs, sinceReceiptMs } of times) {
      if (answeredAfterMs !== undefined) take({ step: 'exchanged', state }, answeredAfterMs);
      take({ step: 'committed', state }, sinceReceiptMs);
    }
  } else if (has(event, 'MEVETO_WEBHOOK_ACCEPTED')) {
    take({ step: 'acknowledged' }, event.sinceRequestMs);
  } else if (has(event, 'MEVETO_LOGOUT')) {
    // The clocks of the store and of this process may differ.
    take({ step: 'known', source: event.source }, Math.max(0, event.at - event.loggedOutAt));
  } else if (has(event, 'MEVETO_CONNECTIONS_NOTIFIED')) {
    take({ step: 'connections_notified' }, event.sinceKnownMs);
  }
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
