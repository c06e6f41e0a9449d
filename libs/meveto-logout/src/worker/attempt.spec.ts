import { describe, expect, it } from '@jest/globals';
import { hasAnswered } from './attempt.js';

const retry = (reason: string) => ({ kind: 'retry', reason, maybeSent: true }) as const;

describe('what an attempt says of Meveto', () => {
  it.each([{ kind: 'person', mevetoId: 'm-1' } as const, { kind: 'invalid' } as const])(
    'is that it answers: $kind',
    (outcome) => {
      expect(hasAnswered(outcome, 'stranger')).toBe(true);
    },
  );

  it.each(['timeout', 'http-500', 'http-429', 'http-401', 'http-408', 'not-json'])(
    'is that it does not: %s',
    (reason) => {
      expect(hasAnswered(retry(reason), 'stranger')).toBe(false);
      expect(hasAnswered(retry(reason), 'listed')).toBe(false);
    },
  );

  it.each(['http-400', 'http-403', 'http-414'])(
    'is nothing where a stranger was turned away: %s',
    (reason) => {
      expect(hasAnswered(retry(reason), 'stranger')).toBeUndefined();
      expect(hasAnswered(retry(reason), 'confirmed')).toBe(false);
    },
  );

  it.each([retry('lease-over'), { kind: 'unreadable' } as const, { kind: 'token-lost' } as const])(
    'is nothing where it was not asked: %j',
    (outcome) => {
      expect(hasAnswered(outcome, 'listed')).toBeUndefined();
    },
  );
});
