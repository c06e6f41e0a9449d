import { describe, expect, it } from '@jest/globals';
import { SessionIndex } from './session-index.js';

interface Facts {
  readonly userId: string;
  readonly signedInAt: number;
}

const one = { name: 'one' };
const other = { name: 'other' };

function index(): SessionIndex<{ name: string }> {
  return new SessionIndex();
}

describe('SessionIndex', () => {
  it('finds connections by user id, as a number or a string', () => {
    const open = index();
    open.add(one, [{ userId: 1, signedInAt: 5 }]);
    open.add(other, [{ userId: '1', signedInAt: 6 }]);
    expect(open.ofUser('1')).toEqual([one, other]);
    expect(open.ofUser('2')).toEqual([]);
  });

  it('finds a connection with several users by each of them, and removes it from all', () => {
    const open = index();
    open.add(one, [
      { userId: 'a', signedInAt: 5 },
      { userId: 'b', signedInAt: 6 },
    ]);
    expect(open.ofUser('a')).toEqual([one]);
    expect(open.ofUser('b')).toEqual([one]);
    open.remove(one);
    expect(open.ofUser('a')).toEqual([]);
    expect(open.ofUser('b')).toEqual([]);
    expect(open.has(one)).toBe(false);
    expect([...open]).toEqual([]);
  });

  it('adds the same session once, and further sessions beside it', () => {
    const open = index();
    const session = { userId: 1, signedInAt: 5 };
    open.add(one, [session]);
    open.add(one, [{ userId: '1', signedInAt: 5 }]);
    expect(open.sessionsOf(one)).toEqual([session]);
    open.add(one, [{ userId: 1, signedInAt: 6 }]);
    open.add(one, [{ userId: 2, signedInAt: 5 }]);
    expect(open.sessionsOf(one)).toEqual([
      session,
      { userId: 1, signedInAt: 6 },
      { userId: 2, signedInAt: 5 },
    ]);
    expect(open.ofUser('2')).toEqual([one]);
    for (let times = 0; times < 3; times += 1) open.add(one, [{ userId: 1, signedInAt: Number.NaN }]);
    expect(open.sessionsOf(one)).toHaveLength(4);
  });

  it('replaces the sessions of a connection that is set again', () => {
    const open = index();
    open.set(one, [{ userId: 1, signedInAt: 5 }]);
    const held = open.sessionsOf(one);
    open.set(one, [{ userId: '1', signedInAt: 5 }]);
    expect(open.sessionsOf(one)).toBe(held);
    open.set(one, [{ userId: 2, signedInAt: 5 }]);
    expect([open.ofUser('1'), open.ofUser('2')]).toEqual([[], [one]]);
    open.set(one, [{ userId: 2, signedInAt: 6 }]);
    expect(open.sessionsOf(one)).toEqual([{ userId: 2, signedInAt: 6 }]);
    open.set(one, []);
    expect([open.ofUser('2'), open.sessionsOf(one)]).toEqual([[], []]);
  });

  it('finds a user’s other connections after one is removed, and forgets the user with the last one', () => {
    const open = index();
    const session = { userId: 1, signedInAt: 5 };
    open.add(one, [session]);
    open.add(other, [session]);
    open.remove(one);
    expect(open.ofUser('1')).toEqual([other]);
    open.remove(one);
    open.remove(other);
    expect(open.ofUser('1')).toEqual([]);
    expect([open.sessionsOf(other), open.sessionsOf({ name: 'never held' })]).toEqual([[], []]);
  });

  it('replaces several sessions, of which some stay', () => {
    const open = index();
    const [a, b, c] = ['a', 'b', 'c'].map((userId) => ({ userId, signedInAt: 5 })) as [Facts, Facts, Facts];
    open.set(one, [a, b]);
    const held = open.sessionsOf(one);
    open.set(one, [b, a]);
    expect(open.sessionsOf(one)).toBe(held);
    open.set(one, [b, c]);
    expect(open.sessionsOf(one)).toEqual([b, c]);
    expect([open.ofUser('a'), open.ofUser('c')]).toEqual([[], [one]]);
  });

  it('keeps a user’s other connections, and returns copies', () => {
    const open = index();
    open.add(one, [{ userId: 1, signedInAt: 5 }]);
    open.add(other, [{ userId: 1, signedInAt: 5 }]);
    for (const held of open.ofUser('1')) open.remove(held);
    open.add(other, [{ userId: 1, signedInAt: 5 }]);
    expect(open.ofUser('1')).toEqual([other]);
    expect([...open]).toEqual([[other, [{ userId: 1, signedInAt: 5 }]]]);
    open.remove(one);
    expect(open.has(other)).toBe(true);
  });
});
