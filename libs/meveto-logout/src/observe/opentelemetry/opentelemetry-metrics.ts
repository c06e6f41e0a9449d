import type { BatchObservableResult, Meter, Observable } from '@opentelemetry/api';
import { BUCKETS_MS } from '../histogram.js';
import { type Observed, type ObservedStatus, type ProcessStatus, statusWithin } from '../observed.js';
import { stepsIn } from '../steps.js';

/** How long the store may take to answer a collection of metrics. */
const TIMEOUT_MS = 3_000;

/** Creates the instruments of the logout module. Returns a function that removes their callbacks. */
export function recordMetrics(observed: Observed, meter: Meter): () => void {
  const stopReading = readGauges(observed, meter);
  const seconds = meter.createHistogram('meveto_logout.step.duration', {
    description: 'Time until a step of a logout was done.',
    unit: 's',
    advice: { explicitBucketBoundaries: BUCKETS_MS.map((ms) => ms / 1_000) },
  });
  const events = observed.events$.subscribe((event) => {
    stepsIn(event, (labels, ms) => {
      seconds.record(ms / 1_000, { ...labels });
    });
  });
  return () => {
    events.unsubscribe();
    stopReading();
  };
}

type Instruments = ReturnType<typeof instrumentsOf>;

const instrumentsOf = (meter: Meter) => ({
  calls: meter.createObservableGauge('meveto_logout.calls', {
    description: 'Jobs in the inbox by state, of all replicas; pending is every unfinished one.',
    unit: '{job}',
  }),
  oldestPending: meter.createObservableGauge('meveto_logout.oldest_pending', {
    description: 'Age of the oldest unfinished job; 0 without one.',
    unit: 's',
  }),
  storeUp: meter.createObservableGauge('meveto_logout.store.up', {
    description: 'Whether the store answered: 1 or 0.',
  }),
  events: meter.createObservableCounter('meveto_logout.events', {
    description: 'What happened in this process since it started.',
    unit: '{event}',
  }),
  stateAge: meter.createObservableGauge('meveto_logout.state.age', {
    description: 'Time since this process last read the logouts.',
    unit: 's',
  }),
});

function readGauges(observed: Observed, meter: Meter): () => void {
  const instruments = instrumentsOf(meter);
  const all: Observable[] = Object.values(instruments);
  const read = async (result: BatchObservableResult): Promise<void> => {
    observeProcess(result, instruments, observed.processStatus());
    const status = await statusWithin(TIMEOUT_MS, observed);
    result.observe(instruments.storeUp, status === undefined ? 0 : 1);
    if (status !== undefined) observeStore(result, instruments, status);
  };
  meter.addBatchObservableCallback(read, all);
  return () => {
    meter.removeBatchObservableCallback(read, all);
  };
}

function observeProcess(
  result: BatchObservableResult,
  { events, stateAge }: Instruments,
  { counters, logoutStateAgeMs }: ProcessStatus,
): void {
  for (const [event, count] of Object.entries(counters)) result.observe(events, count, { event });
  result.observe(stateAge, logoutStateAgeMs / 1_000);
}

/** Without an answer of the store these gauges have no value. */
function observeStore(
  result: BatchObservableResult,
  { calls, oldestPending }: Instruments,
  { calls: counts, oldestPendingAgeMs = 0 }: ObservedStatus,
): void {
  for (const [state, count] of Object.entries(counts)) result.observe(calls, count, { state });
  result.observe(oldestPending, oldestPendingAgeMs / 1_000);
}
