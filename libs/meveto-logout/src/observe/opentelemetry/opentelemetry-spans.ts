import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import type { Observed } from '../observed.js';
import {
  type FinishedJobs,
  finishedJobsIn,
  type NotifiedConnections,
  notifiedConnectionsIn,
} from '../steps.js';

/** Jobs whose spans can still get a child. Each needs one soon or never. */
const MOST_RECENT = 1_000;
/** Between the job's event and the moment at which this process knew its logout. A later logout of the user is another one. */
const SAME_LOGOUT_MS = 5_000;

interface RecentJob {
  readonly context: SpanContext;
  readonly at: number;
}

/**
 * Creates one trace for each job that this process finishes, and for each batch of jobs that expire together, from the times that the
 * events report. Returns a function that stops it.
 */
export function recordSpans(observed: Observed, tracer: Tracer): () => void {
  /** Span of the last job of each user. */
  const recent = new Map<string, RecentJob>();
  const events = observed.events$.subscribe((event) => {
    const finished = finishedJobsIn(event);
    if (finished !== undefined) {
      const context = traceJobs(tracer, finished);
      for (const userId of finished.userIds) keep(recent, userId, { context, at: event.at });
    }
    const notified = notifiedConnectionsIn(event);
    // The first connections are notified in the turn of the commit, before the event of the job.
    if (notified !== undefined)
      setImmediate(() => {
        try {
          traceConnections(tracer, notified, jobOf(notified, recent.get(notified.userId)));
        } catch {
          // A sampler or a span processor of the application threw an error. In a turn of its own it would end the process.
        }
      });
  });
  return () => {
    events.unsubscribe();
  };
}

/** The span of one job has its id, and a child for each step; that of a batch has the number of jobs, and begins with the oldest one. */
function traceJobs(tracer: Tracer, { at, state, jobIds, times }: FinishedJobs): SpanContext {
  const receivedAt = at - times.reduce((longest, { sinceReceiptMs }) => Math.max(longest, sinceReceiptMs), 0);
  const attributes = {
    'meveto_logout.state': state,
    ...(jobIds.length === 1
      ? { 'meveto_logout.job.id': jobIds[0] }
      : { 'meveto_logout.jobs': jobIds.length }),
  };
  const span = tracer.startSpan(
    'meveto_logout.job',
    { root: true, kind: SpanKind.CONSUMER, startTime: receivedAt, attributes },
    ROOT_CONTEXT,
  );
  // An operator may have to resolve the job.
  if (state === 'ambiguous' || state === 'expired') span.setStatus({ code: SpanStatusCode.ERROR });
  if (times.length === 1) for (const each of times) traceSteps(tracer, span, receivedAt, each);
  span.end(at);
  return span.spanContext();
}

function traceSteps(
  tracer: Tracer,
  job: Span,
  receivedAt: number,
  { sinceReceiptMs, acknowledgedAfterMs, startedAfterMs, answeredAfterMs }: FinishedJobs['times'][number],
): void {
  const after = (ms: number): number => receivedAt + ms;
  if (acknowledgedAfterMs !== undefined) job.addEvent('acknowledged', after(acknowledgedAfterMs));
  const context = trace.setSpan(ROOT_CONTEXT, job);
  const child = (name: string, kind: SpanKind, from: number | undefined, until: number | undefined): void => {
    if (from === undefined || until === undefined) return;
    tracer.startSpan(`meveto_logout.${name}`, { kind, startTime: after(from) }, context).end(after(until));
  };
  child('wait', SpanKind.INTERNAL, 0, startedAfterMs);
  child('exchange', SpanKind.CLIENT, startedAfterMs, answeredAfterMs);
  child('commit', SpanKind.INTERNAL, answeredAfterMs, sinceReceiptMs);
}

/** The job whose logout the connections were notified of, if this process finished it. */
const jobOf = (
  { at, sinceKnownMs }: NotifiedConnections,
  job: RecentJob | undefined,
): SpanContext | undefined =>
  job !== undefined && Math.abs(at - sinceKnownMs - job.at) <= SAME_LOGOUT_MS ? job.context : undefined;

/** A replica that has not processed the job itself has no span of the job: the span begins a trace of its own. */
function traceConnections(
  tracer: Tracer,
  { at, count, sinceKnownMs }: NotifiedConnections,
  job: SpanContext | undefined,
): void {
  const parent: Context = job === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, job);
  const attributes = { 'meveto_logout.connections': count };
  tracer
    .startSpan('meveto_logout.notify_connections', { startTime: at - sinceKnownMs, attributes }, parent)
    .end(at);
}

function keep(recent: Map<string, RecentJob>, userId: string, job: RecentJob): void {
  recent.delete(userId);
  recent.set(userId, job);
  for (const oldest of recent.keys()) {
    if (recent.size <= MOST_RECENT) return;
    recent.delete(oldest);
  }
}
