import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { JobEvents } from './inbox/job-events.js';
import type { MevetoLogoutOptions } from './options.js';
import { ProtectionRemovedHook } from './protection-removed-hook.js';

const rejectWith: (reason: unknown) => Promise<never> = Promise.reject.bind(Promise);

describe('the hook for a Meveto ID that was cleared', () => {
  const error = jest.fn();
  const other = jest.fn();
  let events: JobEvents;
  beforeEach(() => {
    jest.clearAllMocks();
    Logger.overrideLogger({ log: other, warn: other, error });
    events = new JobEvents();
  });
  afterEach(() => {
    Logger.overrideLogger(['error']);
  });
  const listen = (onProtectionRemoved: MevetoLogoutOptions['onProtectionRemoved']) => {
    new ProtectionRemovedHook(events, { onProtectionRemoved }).onModuleInit();
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('is called for each user', async () => {
    const cleared: unknown[] = [];
    listen((person) => void cleared.push(person));
    events.protectionRemoved('1');
    events.protectionRemoved('2');
    await settled();
    expect(cleared).toEqual([{ userId: '1' }, { userId: '2' }]);
    expect(error).not.toHaveBeenCalled();
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
    ['rejects with a text', () => rejectWith('a secret'), 'no error object'],
  ])(
    'does not fail the job when it %s, and is logged without the text of the error',
    async (_how, hook, name) => {
      const after = jest.fn();
      listen(hook);
      events.protectionRemoved$.subscribe(after);
      events.protectionRemoved('1');
      await settled();
      expect(after).toHaveBeenCalledWith('1');
      expect(error.mock.calls).toEqual([[`onProtectionRemoved failed: ${name}`, undefined, 'MevetoLogout']]);
      expect(other).not.toHaveBeenCalled();
    },
  );

  it('may be left out', () => {
    listen(undefined);
    expect(() => {
      events.protectionRemoved('1');
    }).not.toThrow();
  });
});
