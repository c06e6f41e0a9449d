import { describe, expect, it } from '@jest/globals';
import { leveledLines } from '../spec-support/log-lines.js';
import { loggedEvents, toldBy } from '../spec-support/told-events.js';
import { inboxEvents } from './inbox/events.js';
import { Hooks } from './hooks.js';
import type { HookOptions } from './options.js';

const rejectWith: (reason: unknown) => Promise<never> = Promise.reject.bind(Promise);
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Events to which the given functions listen. */
function eventsWith({ onEvent, onProtectionRemoved }: HookOptions) {
  const events = loggedEvents();
  new Hooks(events, { onEvent, onProtectionRemoved });
  const remove = (...userIds: readonly string[]): void => {
    events.emit(inboxEvents.MEVETO_PROTECTION_REMOVED, { jobId: 'j', userIds });
  };
  return { events, remove };
}

describe('the hook for a Meveto ID that was cleared', () => {
  const lines = leveledLines();

  it('is called for each user', async () => {
    const cleared: unknown[] = [];
    const { remove } = eventsWith({ onProtectionRemoved: (person) => void cleared.push(person) });
    remove('1');
    remove('2', '3');
    await settled();
    expect(cleared).toEqual([{ userId: '1' }, { userId: '2' }, { userId: '3' }]);
    expect(lines.filter((line) => !line.startsWith('log: [MEVETO_PROTECTION_REMOVED] '))).toEqual([]);
  });

  it.each<[string, () => void | Promise<void>, string]>([
    [
      'throws',
      () => {
        throw new RangeError('of the application');
      },
      'RangeError',
    ],
    ['rejects', () => Promise.reject(new TypeError('of the application')), 'TypeError'],
    ['rejects with a text', () => rejectWith('a secret'), 'something without a usual name'],
  ])(
    'does not fail the job when it %s, and is logged without the text of the error',
    async (_how, hook, name) => {
      const { events, remove } = eventsWith({ onProtectionRemoved: hook });
      const told = toldBy(events);
      remove('1');
      await settled();
      expect(told.map(({ code }) => code)).toEqual(['MEVETO_PROTECTION_REMOVED', 'MEVETO_HOOK_FAILED']);
      expect(lines.slice(1)).toEqual([
        `error: [MEVETO_HOOK_FAILED] onProtectionRemoved failed with ${name} for user "1".`,
      ]);
    },
  );

  it('may be left out', () => {
    const { remove } = eventsWith({});
    expect(() => {
      remove('1');
    }).not.toThrow();
  });
});

describe('the hook for all events', () => {
  const lines = leveledLines();

  it('gets each event', () => {
    const told: unknown[] = [];
    const { remove } = eventsWith({ onEvent: (event) => void told.push(event) });
    remove('1');
    expect(told).toMatchObject([{ code: 'MEVETO_PROTECTION_REMOVED', jobId: 'j', userIds: ['1'] }]);
  });

  it('costs one warning when it throws, and one when it rejects', async () => {
    const throwing = eventsWith({
      onEvent: () => {
        throw new RangeError('a secret');
      },
    });
    throwing.remove('1');
    throwing.remove('2');
    const rejecting = eventsWith({ onEvent: () => Promise.reject(new RangeError('a secret')) });
    rejecting.remove('1');
    rejecting.remove('2');
    await settled();
    const warnings = lines.filter((line) => line.startsWith('warn: '));
    expect(warnings).toHaveLength(2);
    for (const line of warnings)
      expect(line).toMatch(/\[MEVETO_LISTENER_FAILED\] .* failed once, with RangeError/);
  });
});
