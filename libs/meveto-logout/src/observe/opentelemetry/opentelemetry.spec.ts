import { readFileSync } from 'node:fs';
import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { MeterProvider, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  FakeObserved,
  jobApplied,
  jobFinished,
  jobsExpired,
  connectionsNotified,
} from '../../../spec-support/fake-observed.js';
import { BUCKETS_MS } from '../histogram.js';
import { openTelemetry } from './opentelemetry.js';

class Reader extends MetricReader {
  protected override onShutdown = () => Promise.resolve();
  protected override onForceFlush = () => Promise.resolve();
}

/** The trace of connections is created in the next turn. */
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

const msOf = ([seconds, nanoseconds]: ReadableSpan['startTime']): number =>
  Math.round(seconds * 1_000 + nanoseconds / 1_000_000);

describe('openTelemetry', () => {
  const AT = 1_767_225_600_000;
  let observed: FakeObserved;
  let reader: Reader;
  let meters: MeterProvider;
  let exporter: InMemorySpanExporter;
  let tracers: BasicTracerProvider;
  let stop: () => void;
  beforeEach(() => {
    observed = new FakeObserved();
    reader = new Reader();
    meters = new MeterProvider({ readers: [reader] });
    exporter = new InMemorySpanExporter();
    tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    stop = openTelemetry(observed, { meter: meters.getMeter('test'), tracer: tracers.getTracer('test') });
  });
  afterEach(async () => {
    stop();
    await meters.shutdown();
    await tracers.shutdown();
  });

  const collected = async (): Promise<ResourceMetrics> => (await reader.collect()).resourceMetrics;
  /** The values of all metrics by name and attributes; histograms by their counts. */
  const values = async (): Promise<Readonly<Record<string, unknown>>> => {
    const found = (await collected()).scopeMetrics.flatMap(({ metrics }) => metrics);
    return Object.fromEntries(
      found.flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => [
          [descriptor.name, ...Object.entries(attributes).map((pair) => pair.join('='))].join(' '),
          typeof value === 'object' && 'count' in value ? value.count : value,
        ]),
      ),
    );
  };
  const span = (name: string): ReadableSpan => {
    const found = exporter.getFinishedSpans().filter((each) => each.name === `meveto_logout.${name}`);
    if (found.length !== 1 || found[0] === undefined) throw new Error(`${String(found.length)} of ${name}`);
    return found[0];
  };

  it('reads gauges and counters at each collection', async () => {
    expect(await values()).toEqual({
      'meveto_logout.calls state=pending': 2,
      'meveto_logout.calls state=applied': 7,
      'meveto_logout.calls state=rejected': 0,
      'meveto_logout.calls state=unknown_user': 0,
      'meveto_logout.calls state=ambiguous': 1,
      'meveto_logout.calls state=expired': 0,
      'meveto_logout.oldest_pending': 1.5,
      'meveto_logout.store.up': 1,
      'meveto_logout.events event=webhook_accepted': 9,
      'meveto_logout.state.age': 0.25,
    });
    observed.process = { ...observed.process, counters: { webhook_accepted: 10 } };
    expect(await values()).toMatchObject({ 'meveto_logout.events event=webhook_accepted': 10 });
    expect(observed.readCount).toBe(2);
  });

  it('has no numbers of the store while the store fails', async () => {
    observed.answer = () => Promise.reject(new Error('password=secret'));
    const found = await values();
    expect(found).toMatchObject({ 'meveto_logout.store.up': 0, 'meveto_logout.state.age': 0.25 });
    expect(Object.keys(found).filter((key) => /calls|oldest/.test(key))).toEqual([]);
  });

  it('measures the steps of a logout in seconds, with the buckets of status()', async () => {
    observed.events$.next(jobApplied({ answeredAfterMs: 40, sinceReceiptMs: 60 }));
    const metrics = (await collected()).scopeMetrics.flatMap(({ metrics: all }) => all);
    const found = metrics.find(({ descriptor }) => descriptor.name === 'meveto_logout.step.duration');
    expect(found?.descriptor.unit).toBe('s');
    expect(found?.dataPoints).toMatchObject([
      { attributes: { step: 'exchanged', state: 'applied' }, value: { count: 1, sum: 0.04 } },
      { attributes: { step: 'committed', state: 'applied' }, value: { count: 1, sum: 0.06 } },
    ]);
    expect(found?.dataPoints[0]?.value).toMatchObject({
      buckets: { boundaries: BUCKETS_MS.map((ms) => ms / 1_000) },
    });
  });

  it('traces a job from its receipt, with a child for each step', () => {
    observed.events$.next(
      jobApplied({
        at: AT,
        jobId: 'job-1',
        sinceReceiptMs: 60,
        acknowledgedAfterMs: 2,
        startedAfterMs: 10,
        answeredAfterMs: 40,
      }),
    );
    const job = span('job');
    expect([msOf(job.startTime), msOf(job.endTime)]).toEqual([AT - 60, AT]);
    expect(job.kind).toBe(SpanKind.CONSUMER);
    expect(job.parentSpanContext).toBeUndefined();
    expect(job.attributes).toEqual({ 'meveto_logout.state': 'applied', 'meveto_logout.job.id': 'job-1' });
    expect(job.events.map(({ name, time }) => [name, msOf(time)])).toEqual([['acknowledged', AT - 58]]);
    expect(job.status.code).toBe(SpanStatusCode.UNSET);
    const children = ['wait', 'exchange', 'commit'].map(span);
    expect(children.map(({ startTime, endTime }) => [msOf(startTime), msOf(endTime)])).toEqual([
      [AT - 60, AT - 50],
      [AT - 50, AT - 20],
      [AT - 20, AT],
    ]);
    for (const child of children) expect(child.parentSpanContext?.spanId).toBe(job.spanContext().spanId);
    expect(span('exchange').kind).toBe(SpanKind.CLIENT);
  });

  it('leaves out the steps that did not take place, and marks jobs that need an operator', () => {
    observed.events$.next(jobFinished('MEVETO_JOB_AMBIGUOUS', { at: AT, sinceReceiptMs: 86_400_000 }));
    expect(exporter.getFinishedSpans()).toHaveLength(1);
    expect(span('job').status.code).toBe(SpanStatusCode.ERROR);
    expect(span('job').attributes['meveto_logout.state']).toBe('ambiguous');
  });

  it('traces a job that expired with the steps that are known', () => {
    observed.events$.next(
      jobsExpired([{ acknowledgedAfterMs: 2, startedAfterMs: 40, sinceReceiptMs: 86_400_000 }]),
    );
    const job = span('job');
    expect([msOf(job.startTime), msOf(job.endTime)]).toEqual([AT - 86_400_000, AT]);
    expect(job.attributes).toEqual({ 'meveto_logout.state': 'expired', 'meveto_logout.job.id': 'job-1' });
    expect(job.status.code).toBe(SpanStatusCode.ERROR);
    expect(job.events.map(({ name }) => name)).toEqual(['acknowledged']);
    expect(span('wait').parentSpanContext?.spanId).toBe(job.spanContext().spanId);
    expect(exporter.getFinishedSpans()).toHaveLength(2);
  });

  it('creates one span for jobs that expired together, and measures each of them', async () => {
    const ages = Array.from({ length: 200 }, (_, index) => 86_400_000 + index);
    observed.events$.next(jobsExpired(ages.map((sinceReceiptMs) => ({ startedAfterMs: 5, sinceReceiptMs }))));
    expect(exporter.getFinishedSpans()).toHaveLength(1);
    expect(msOf(span('job').startTime)).toBe(AT - 86_400_199);
    expect(span('job').attributes).toEqual({ 'meveto_logout.state': 'expired', 'meveto_logout.jobs': 200 });
    expect(await values()).toMatchObject({
      'meveto_logout.step.duration step=committed state=expired': 200,
    });
  });

  it('adds the notification of connections to the job of the same user, whichever event comes first', async () => {
    observed.events$.next(connectionsNotified({ at: AT + 5, userId: '7', count: 3, sinceKnownMs: 4 }));
    observed.events$.next(jobApplied({ at: AT, userIds: ['7'] }));
    await nextTurn();
    const notified = span('notify_connections');
    expect(notified.parentSpanContext?.spanId).toBe(span('job').spanContext().spanId);
    expect(notified.attributes).toEqual({ 'meveto_logout.connections': 3 });
    expect([msOf(notified.startTime), msOf(notified.endTime)]).toEqual([AT + 1, AT + 5]);
  });

  it('begins a trace of its own for connections when another replica processed the job', async () => {
    observed.events$.next(connectionsNotified({ userId: '8' }));
    await nextTurn();
    expect(span('notify_connections').parentSpanContext).toBeUndefined();
  });

  it('remembers only the last thousand jobs', async () => {
    for (let id = 0; id <= 1_000; id += 1) observed.events$.next(jobApplied({ userIds: [String(id)] }));
    exporter.reset();
    observed.events$.next(connectionsNotified({ userId: '0' }));
    await nextTurn();
    expect(span('notify_connections').parentSpanContext).toBeUndefined();
    exporter.reset();
    observed.events$.next(connectionsNotified({ userId: '1' }));
    await nextTurn();
    expect(span('notify_connections').parentSpanContext).toBeDefined();
  });

  it('shows no user', async () => {
    observed.events$.next(jobApplied({ userIds: ['canary-user'] }));
    observed.events$.next(connectionsNotified({ userId: 'canary-user' }));
    await nextTurn();
    const all = exporter
      .getFinishedSpans()
      .map(({ name, attributes, events }) => ({ name, attributes, events }));
    expect(all).toHaveLength(5);
    expect(JSON.stringify([all, (await collected()).scopeMetrics])).not.toContain('canary-user');
  });

  it('stops recording', async () => {
    stop();
    observed.events$.next(jobApplied());
    expect(exporter.getFinishedSpans()).toEqual([]);
    expect(await values()).toEqual({});
    expect(observed.events$.observed).toBe(false);
  });
  it('has the names that docs/operations.md names, and no others', async () => {
    observed.events$.next(jobApplied());
    observed.events$.next(jobsExpired([{ sinceReceiptMs: 1 }, { sinceReceiptMs: 2 }]));
    observed.events$.next(connectionsNotified());
    await nextTurn();
    const metrics = (await collected()).scopeMetrics.flatMap((scope) => scope.metrics);
    const spans = exporter.getFinishedSpans();
    const names = [
      ...metrics.map(({ descriptor }) => descriptor.name),
      ...spans.flatMap(({ name, attributes }) => [name, ...Object.keys(attributes)]),
    ];
    const page = readFileSync('docs/operations.md', 'utf8');
    const named = page.match(/\bmeveto_logout\.[\w.]*\w/g);
    expect([...new Set(named)].sort()).toEqual([...new Set(names)].sort());
  });

  it('relates connections to the job of their own logout only', async () => {
    observed.events$.next(jobApplied());
    const notified = connectionsNotified();
    observed.events$.next({ ...notified, at: notified.at + 3_600_000 });
    await nextTurn();
    expect(span('notify_connections').parentSpanContext).toBeUndefined();
  });

  it('survives a tracer that throws in the turn of the connections', async () => {
    stop();
    const unhandled: unknown[] = [];
    const onError = (error: unknown): void => void unhandled.push(error);
    process.on('uncaughtException', onError);
    const tracer = {
      startSpan: () => {
        throw new Error('a sampler failed');
      },
    } as unknown as Tracer;
    stop = openTelemetry(observed, { meter: meters.getMeter('test'), tracer });
    observed.events$.next(connectionsNotified());
    await nextTurn();
    await nextTurn();
    process.off('uncaughtException', onError);
    expect(unhandled).toEqual([]);
  });
});
