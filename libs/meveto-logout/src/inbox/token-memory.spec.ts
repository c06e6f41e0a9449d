import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ClaimedJob } from '../store/inbox-jobs.js';
import { type Priority, UserToken } from '../store/job.js';
import { TokenMemory } from './token-memory.js';
import { until } from '../../spec-support/until.js';

const job = (id: string, priority: Priority = 'unknown', attempts = 1): ClaimedJob =>
  ({ id, priority, attempts, digest: `digest-${id}` }) as ClaimedJob;
const idsOf = (jobs: readonly ClaimedJob[]) => jobs.map(({ id }) => id).join('');

describe('TokenMemory', () => {
  let memory: TokenMemory;
  beforeEach(() => {
    memory = new TokenMemory();
  });
  const add = (...jobs: ClaimedJob[]) => {
    for (const each of jobs) memory.add(each, new UserToken(`token-${each.id}`));
  };

  it('keeps the token of a job until the job is forgotten', () => {
    add(job('a'));
    expect(memory.tokenOf(job('a'))?.reveal()).toBe('token-a');
    expect(memory.size).toBe(1);
    expect(memory.knows(['digest-x', 'digest-a'])).toBe(true);
    memory.forget(job('a'));
    memory.forget(job('a'));
    expect(memory.tokenOf(job('a'))).toBeUndefined();
    expect(memory.size).toBe(0);
    expect(memory.knows(['digest-a'])).toBe(false);
  });

  it('returns each job once, by priority and then by age', () => {
    add(job('s'), job('t'), job('c', 'known'), job('l', 'listed'), job('u'));
    expect(idsOf(memory.take(3, 3))).toBe('lcs');
    expect(idsOf(memory.take(9, 9))).toBe('tu');
    expect(memory.take(9, 9)).toEqual([]);
  });

  it('returns no more jobs of unknown senders than wanted', () => {
    add(job('s'), job('t'), job('c', 'known'), job('l', 'listed'));
    expect(idsOf(memory.take(9, 1))).toBe('lcs');
    expect(idsOf(memory.take(9, 0))).toBe('');
  });

  it('returns a job again after its pause, with the claim of its new attempt', async () => {
    add(job('a'));
    memory.take(1, 1);
    memory.pause(job('a', 'unknown', 2), 40);
    memory.done(job('a'));
    expect(memory.hasDue()).toBe(false);
    expect(memory.take(1, 1)).toEqual([]);
    await until('the job is due', () => memory.hasDue());
    expect(memory.take(1, 1)).toEqual([job('a', 'unknown', 2)]);
  });

  it('knows when the last attempt of a job began', () => {
    add(job('a'));
    expect(memory.startedAt(job('a'))).toBeUndefined();
    const before = performance.now();
    memory.take(1, 1);
    const startedAt = memory.startedAt(job('a')) ?? NaN;
    expect(startedAt).toBeGreaterThanOrEqual(before);
    memory.pause(job('a', 'unknown', 2), 0);
    expect(memory.startedAt(job('a'))).toBe(startedAt);
    memory.resume(job('a', 'unknown', 3));
    expect(memory.startedAt(job('a'))).toBeGreaterThanOrEqual(startedAt);
  });

  it('forgets a job after its attempt, unless the job waits', () => {
    add(job('a'), job('b'));
    memory.take(2, 2);
    memory.pause(job('b'), 0);
    memory.done(job('a'));
    memory.done(job('b'));
    expect(memory.waiting()).toEqual([job('b')]);
    expect(memory.size).toBe(1);
  });

  it('keeps a job whose next attempt begins before the end of its last one', () => {
    add(job('a'));
    memory.take(1, 1);
    memory.pause(job('a', 'unknown', 2), 0);
    expect(memory.take(1, 1)).toEqual([job('a', 'unknown', 2)]);
    memory.done(job('a'));
    expect(memory.tokenOf(job('a'))?.reveal()).toBe('token-a');
    memory.done(job('a', 'unknown', 2));
    expect(memory.size).toBe(0);
  });

  it('replaces the claim of a stored job only', () => {
    add(job('a'));
    memory.resume(job('a', 'unknown', 7));
    memory.resume(job('b'));
    expect(memory.take(1, 1)).toEqual([]);
    expect(memory.size).toBe(1);
    expect(memory.waiting()).toEqual([]);
  });
});
