import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ClaimedCall } from '../inbox/inbox.port.js';
import type { Lane } from '../model/lane.js';
import { UserToken } from '../model/user-token.js';
import { TokenMemory } from './token-memory.js';

const call = (id: string, lane: Lane = 'stranger', attempts = 1): ClaimedCall =>
  ({ id, lane, attempts, digest: `digest-${id}` }) as ClaimedCall;
const idsOf = (calls: readonly ClaimedCall[]) => calls.map(({ id }) => id).join('');

describe('the memory for tokens', () => {
  let memory: TokenMemory;
  beforeEach(() => {
    memory = new TokenMemory();
  });
  const add = (...calls: ClaimedCall[]) => {
    for (const each of calls) memory.add(each, new UserToken(`token-${each.id}`));
  };

  it('keeps the token of a call until it is forgotten', () => {
    add(call('a'));
    expect(memory.tokenOf(call('a'))?.reveal()).toBe('token-a');
    expect(memory.size).toBe(1);
    expect(memory.knows(['digest-x', 'digest-a'])).toBe(true);
    memory.forget(call('a'));
    memory.forget(call('a'));
    expect(memory.tokenOf(call('a'))).toBeUndefined();
    expect(memory.size).toBe(0);
    expect(memory.knows(['digest-a'])).toBe(false);
  });

  it('gives calls out by lanes, oldest first, each once', () => {
    add(call('s'), call('t'), call('c', 'confirmed'), call('l', 'listed'), call('u'));
    expect(idsOf(memory.take(3, 3))).toBe('lcs');
    expect(idsOf(memory.take(9, 9))).toBe('tu');
    expect(memory.take(9, 9)).toEqual([]);
  });

  it('gives out no more strangers’ calls than are wanted', () => {
    add(call('s'), call('t'), call('c', 'confirmed'), call('l', 'listed'));
    expect(idsOf(memory.take(9, 1))).toBe('lcs');
    expect(idsOf(memory.take(9, 0))).toBe('');
  });

  it('gives a call out again when its pause is over, with the mark of its new attempt', async () => {
    add(call('a'));
    memory.take(1, 1);
    memory.pause(call('a', 'stranger', 2), 40);
    memory.done(call('a'));
    expect(memory.hasDue()).toBe(false);
    expect(memory.take(1, 1)).toEqual([]);
    await delay(60);
    expect(memory.hasDue()).toBe(true);
    expect(memory.take(1, 1)).toEqual([call('a', 'stranger', 2)]);
  });

  it('forgets a call whose turn is over, unless it waits', () => {
    add(call('a'), call('b'));
    memory.take(2, 2);
    memory.pause(call('b'), 0);
    memory.done(call('a'));
    memory.done(call('b'));
    expect(memory.waiting()).toEqual([call('b')]);
    expect(memory.size).toBe(1);
  });

  it('goes on with a new claim on one of its calls, and with no other', () => {
    add(call('a'));
    memory.resume(call('a', 'stranger', 7));
    memory.resume(call('b'));
    expect(memory.take(1, 1)).toEqual([]);
    expect(memory.size).toBe(1);
    expect(memory.waiting()).toEqual([]);
  });
});
