import {
  type Context,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import type { Observed } from '../observed.js';
import { finishedJobIn, type NotifiedSockets, notifiedSocketsIn } from '../steps.js';

/** Jobs whose spans can still get a child. Each needs one soon or never. */
const MOST_RECENT = 1_000;

/** Outcomes that an operator must look at. */
const FAILED: readonly string[] = ['ambiguous', 'expired'];

/**
 * Creates one trace for each job that this process finishes, from the times that the events report. Returns a function that stops
 * it.
 */
export function recordSpans(observed: Observed, tracer: Tracer): () => void {
  /** Span of the last job of each user: the sockets of the user are notified a moment later. */
  const recent = new Map<string, SpanContext>();
  const events = observed.events$.subscribe((event) => {
    const job = finishedJobIn(event);
    if (job !== undefined) {
      const context = traceJob(tracer, job);
      for (const userId of job.userIds ?? []) keep(recent, userId, context);
    }
    const sockets = notifiedSocketsIn(event);
    if (sockets !== undefined) traceSockets(tracer, sockets, recent.get(sockets.userId));
  });
  return () => {
    events.unsubscribe();
  };
}

type Job = NonNullable<ReturnType<typeof finishedJobIn>>;

function traceJob(tracer: Tracer, job: Job): SpanContext {
  const { at, state, sinceReceiptMs, acknowledgedAfterMs, startedAfterMs, answeredAfterMs } = job;
  const receivedAt = at - sinceReceiptMs;
  const after = (ms: number): number => receivedAt + ms;
  const span = tracer.startSpan(
    'meveto_logout.job',
    {
      root: true,
      kind: SpanKind.CONSUMER,
      startTime: receivedAt,
      attributes: { 'meveto_logout.state': state, 'meveto_logout.job.id': job.jobId },
    },
    ROOT_CONTEXT,
  );
  if (acknowledgedAfterMs !== undefined) span.addEvent('acknowledged', after(acknowledgedAfterMs));
  if (FAILED.includes(state)) span.setStatus({ code: SpanStatusCode.ERROR });
  const context = trace.setSpan(ROOT_CONTEXT, span);
  const child = (name: string, kind: SpanKind, from: number | undefined, until: number | undefined): void => {
    if (from === undefined || until === undefined) return;
    tracer.startSpan(`meveto_logout.${name}`, { kind, startTime: after(from) }, context).end(after(until));
  };
  child('wait', SpanKind.INTERNAL, 0, startedAfterMs);
  child('exchange', SpanKind.CLIENT, startedAfterMs, answeredAfterMs);
  child('commit', SpanKind.INTERNAL, answeredAfterMs, sinceReceiptMs);
  span.end(at);
  return span.spanContext();
}

/** A replica that has not processed the job itself has no span of the job: the span begins a trace of its own. */
function traceSockets(
  tracer: Tracer,
  { at, count, sinceKnownMs }: NotifiedSockets,
  job: SpanContext | undefined,
): void {
  const parent: Context = job === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, job);
  const attributes = { 'meveto_logout.sockets': count };
  tracer
    .startSpan('meveto_logout.notify_sockets', { startTime: at - sinceKnownMs, attributes }, parent)
    .end(at);
}

function keep(recent: Map<string, SpanContext>, userId: string, context: SpanContext): void {
  recent.delete(userId);
  recent.set(userId, context);
  for (const oldest of recent.keys()) {
    if (recent.size <= MOST_RECENT) return;
    recent.delete(oldest);
  }
}
