import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { BUCKETS_MS } from '../histogram.js';
import { type Observed, type ObservedStatus, statusWithin } from '../observed.js';
import { stepsIn } from '../steps.js';

export interface PrometheusMetricsOptions {
  /** Where the metrics are registered, such as `register` of prom-client. A registry takes them once. */
  readonly registry: Registry;
  /**
   * How long the store may take to answer a scrape, in milliseconds. Choose less than the time-out of the scrape.
   * @defaultValue 3000
   */
  readonly timeoutMs?: number;
}

const STATES = ['pending', 'applied', 'rejected', 'unknown_user', 'ambiguous', 'expired'];

/**
 * Registers the metrics of the logout module with a registry of prom-client. Gauges are read at each scrape; while the
 * store does not answer, its gauges are NaN and `meveto_logout_store_up` is 0.
 * @param observed `MevetoLogoutService`
 * @returns a function that stops counting, for applications that start again in the same process
 * @see docs/operations.md
 */
export function prometheusMetrics(
  observed: Observed,
  { registry, timeoutMs = 3_000 }: PrometheusMetricsOptions,
): () => void {
  const registers = [registry];
  gaugesOfStore(
    shared(() => statusWithin(timeoutMs, observed)),
    registers,
  );
  metricsOfProcess(observed, registers);
  const seconds = new Histogram({
    name: 'meveto_logout_step_duration_seconds',
    help: 'Time until a step of a logout was done.',
    labelNames: ['step', 'state', 'source'],
    buckets: BUCKETS_MS.map((ms) => ms / 1_000),
    registers,
  });
  const events = observed.events$.subscribe((event) => {
    stepsIn(event, (labels, ms) => {
      seconds.observe({ ...labels }, ms / 1_000);
    });
  });
  return () => {
    events.unsubscribe();
  };
}

function gaugesOfStore(read: () => Promise<ObservedStatus | undefined>, registers: Registry[]): void {
  new Gauge({
    name: 'meveto_logout_calls',
    help: 'Jobs in the inbox by state, of all replicas; pending is every unfinished one.',
    labelNames: ['state'],
    registers,
    async collect() {
      const status = await read();
      for (const state of STATES) this.set({ state }, status?.calls[state] ?? NaN);
    },
  });
  new Gauge({
    name: 'meveto_logout_oldest_pending_seconds',
    help: 'Age of the oldest unfinished job; 0 without one.',
    registers,
    async collect() {
      const status = await read();
      this.set(status === undefined ? NaN : (status.oldestPendingAgeMs ?? 0) / 1_000);
    },
  });
  new Gauge({
    name: 'meveto_logout_store_up',
    help: 'Whether the store answered: 1 or 0.',
    registers,
    async collect() {
      this.set((await read()) === undefined ? 0 : 1);
    },
  });
}

function metricsOfProcess(observed: Observed, registers: Registry[]): void {
  new Counter({
    name: 'meveto_logout_events_total',
    help: 'What happened in this process since it started.',
    labelNames: ['event'],
    registers,
    collect() {
      this.reset();
      for (const [event, count] of Object.entries(observed.processStatus().counters))
        this.inc({ event }, count);
    },
  });
  new Gauge({
    name: 'meveto_logout_state_age_seconds',
    help: 'Time since this process last read the logouts.',
    registers,
    collect() {
      this.set(observed.processStatus().logoutStateAgeMs / 1_000);
    },
  });
  new Gauge({
    name: 'meveto_logout_reconcile_timestamp_seconds',
    help: 'When this process last read the list of pending webhooks, and when that last failed; 0: never.',
    labelNames: ['result'],
    registers,
    collect() {
      const { lastSuccessAt = 0, lastFailureAt = 0 } = observed.processStatus().reconciler;
      this.set({ result: 'success' }, lastSuccessAt / 1_000);
      this.set({ result: 'failure' }, lastFailureAt / 1_000);
    },
  });
}

/** Calls at the same time share one result. */
function shared<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () =>
    (reading ??= read().finally(() => {
      reading = undefined;
    }));
}
