import { describe, expect, it } from '@jest/globals';
import { hasAnswered } from './attempt.js';

const retry = (reason: string) => ({ kind: 'retry', reason, maybeSent: true }) as const;

describe('hasAnswered', () => {
  it.each([{ kind: 'person', mevetoId: 'm-1' } as const, { kind: 'invalid' } as const])(
    'returns true for the outcome $kind',
    (outcome) => {
      expect(hasAnswered(outcome, 'unknown')).toBe(true);
    },
  );

  it.each(['timeout', 'http-500', 'http-429', 'http-401', 'http-408', 'not-json'])(
    'returns false for the reason %s',
    (reason) => {
      expect(hasAnswered(retry(reason), 'unknown')).toBe(false);
      expect(hasAnswered(retry(reason), 'listed')).toBe(false);
    },
  );

  it.each(['http-400', 'http-403', 'http-414'])(
    'returns undefined for a client error of an unknown sender: %s',
    (reason) => {
      expect(hasAnswered(retry(reason), 'unknown')).toBeUndefined();
      expect(hasAnswered(retry(reason), 'known')).toBe(false);
    },
  );

  it.each([retry('lease-over'), { kind: 'unreadable' } as const, { kind: 'token-lost' } as const])(
    'returns undefined when Meveto got no request: %j',
    (outcome) => {
      expect(hasAnswered(outcome, 'listed')).toBeUndefined();
    },
  );
});
