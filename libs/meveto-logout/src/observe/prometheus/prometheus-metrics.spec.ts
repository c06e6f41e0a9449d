import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { FakeObserved, jobApplied, NEVER } from '../../../spec-support/fake-observed.js';
import { prometheusMetrics } from './prometheus-metrics.js';

const STATES = ['pending', 'applied', 'rejected', 'unknown_user', 'ambiguous', 'expired'];

describe('prometheusMetrics', () => {
  let observed: FakeObserved;
  let registry: Registry;
  let stop: () => void;
  beforeEach(() => {
    observed = new FakeObserved();
    registry = new Registry();
    stop = prometheusMetrics(observed, { registry, timeoutMs: 50 });
  });
  afterEach(() => {
    stop();
  });

  /** The samples of the metrics whose names begin so. */
  const samples = async (name: string): Promise<string[]> =>
    (await registry.metrics()).split('\n').filter((line) => line.startsWith(name));

  it('shows every state, and current counters at every scrape', async () => {
    await registry.metrics();
    observed.process = { ...observed.process, counters: { webhook_accepted: 10, guard_refused: 1 } };
    const text = await registry.metrics();
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
      'meveto_logout_calls{state="pending"} 2',
      'meveto_logout_calls{state="applied"} 7',
      'meveto_logout_calls{state="rejected"} 0',
      'meveto_logout_calls{state="unknown_user"} 0',
      'meveto_logout_calls{state="ambiguous"} 1',
      'meveto_logout_calls{state="expired"} 0',
      'meveto_logout_oldest_pending_seconds 1.5',
      'meveto_logout_store_up 1',
      'meveto_logout_events_total{event="webhook_accepted"} 10',
      'meveto_logout_events_total{event="guard_refused"} 1',
      'meveto_logout_state_age_seconds 0.25',
      'meveto_logout_reconcile_timestamp_seconds{result="success"} 0',
      'meveto_logout_reconcile_timestamp_seconds{result="failure"} 0',
    ]);
  });

  it('reads the store once for each scrape', async () => {
    await registry.metrics();
    expect(observed.readCount).toBe(1);
    await registry.metrics();
    expect(observed.readCount).toBe(2);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('password=secret'))],
    ['does not answer in time', () => NEVER],
  ])('shows the rest, and no old numbers, when the store %s', async (_what, answer) => {
    await registry.metrics();
    observed.answer = answer;
    const text = await registry.metrics();
    for (const state of STATES) expect(text).toContain(`meveto_logout_calls{state="${state}"} Nan`);
    expect(text).toContain('meveto_logout_store_up 0');
    expect(text).toContain('meveto_logout_events_total{event="webhook_accepted"} 9');
    expect(text).not.toContain('secret');
  });

  it('measures the steps of a logout in seconds', async () => {
    observed.events$.next(jobApplied({ answeredAfterMs: 40, sinceReceiptMs: 60 }));
    observed.events$.next({ code: 'MEVETO_OF_ANOTHER_VERSION', at: 0 });
    const name = 'meveto_logout_step_duration_seconds';
    const labels = 'step="committed",state="applied"';
    expect(await samples(`${name}_count`)).toEqual([
      `${name}_count{step="exchanged",state="applied"} 1`,
      `${name}_count{${labels}} 1`,
    ]);
    expect(await samples(`${name}_sum{${labels}`)).toEqual([`${name}_sum{${labels}} 0.06`]);
    const buckets = await samples(`${name}_bucket`);
    expect(buckets).toContain(`${name}_bucket{le="0.05",${labels}} 0`);
    expect(buckets).toContain(`${name}_bucket{le="0.1",${labels}} 1`);
    expect(buckets).toContain(`${name}_bucket{le="3600",${labels}} 1`);
  });

  it('shows no user and no job', async () => {
    observed.events$.next(jobApplied({ userIds: ['canary-user'], jobId: 'canary-job' }));
    expect(await registry.metrics()).not.toContain('canary');
  });

  it('stops counting', async () => {
    stop();
    observed.events$.next(jobApplied());
    expect(await samples('meveto_logout_step_duration_seconds_count')).toEqual([]);
    expect(observed.events$.observed).toBe(false);
  });
  it('has the metrics that docs/operations.md names, and no others', () => {
    const page = readFileSync('docs/operations.md', 'utf8');
    const named = page.match(/\bmeveto_logout_(?!sockets)\w+/g)?.map((name) => name.replace(/_bucket$/, ''));
    const names = registry.getMetricsAsArray().map(({ name }) => name);
    expect([...new Set(named)].sort()).toEqual(names.sort());
  });
});
