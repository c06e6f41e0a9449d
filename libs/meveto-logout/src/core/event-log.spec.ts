import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger, type LoggerService } from '@nestjs/common';
import { leveledLines } from '../../spec-support/log-lines.js';
import { Counters } from './counters.js';
import { EventLog } from './event-log.js';
import { count, event, eventTable, text } from './event-kinds.js';
import { type MevetoEvents, openEvents } from './meveto-events.js';

const kinds = eventTable({
  MEVETO_TEST_BOUNDED: event({
    level: 'warn',
    fields: { id: text('the id') },
    when: 'In a test.',
    text: ({ id }) => id,
    bound: {
      lines: 2,
      perMs: 1_000,
      rest: (rest, samples) => `${String(rest)} more, such as ${samples.map(({ id }) => id).join()}`,
    },
  }),
  MEVETO_TEST_SUMMED_UP: event({
    level: 'log',
    fields: { count: count('how many') },
    when: 'In a test.',
    text: 'never alone',
    bound: { lines: 0, perMs: 1_000, rest: (rest) => `${String(rest)} in all` },
  }),
});

describe('EventLog', () => {
  const lines = leveledLines();
  let log: EventLog;
  let events: MevetoEvents;

  beforeEach(() => {
    jest.useFakeTimers();
    log = new EventLog();
    events = openEvents(new Counters(), log);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const emit = (...ids: readonly string[]): void => {
    for (const id of ids) events.emit(kinds.MEVETO_TEST_BOUNDED, { id });
  };

  it('writes so many lines in a window of time, and one line for the rest at its end', () => {
    emit('a', 'b', 'c', 'd');
    const first = ['warn: [MEVETO_TEST_BOUNDED] a', 'warn: [MEVETO_TEST_BOUNDED] b'];
    expect(lines).toEqual(first);
    jest.advanceTimersByTime(1_000);
    expect(lines).toEqual([...first, 'warn: [MEVETO_TEST_BOUNDED] 2 more, such as c,d']);
    emit('e');
    jest.advanceTimersByTime(10_000);
    expect(lines.slice(3)).toEqual(['warn: [MEVETO_TEST_BOUNDED] e']);
  });

  it('keeps the first hundred samples of the rest, and counts all', () => {
    emit(...Array.from({ length: 1_002 }, (_, index) => String(index)));
    jest.advanceTimersByTime(1_000);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toMatch(/ 1000 more, such as 2,.*,101$/);
  });

  it('sums up the numbers of events that report many things', () => {
    events.emit(kinds.MEVETO_TEST_SUMMED_UP, { count: 40 });
    events.emit(kinds.MEVETO_TEST_SUMMED_UP, { count: 2 });
    expect(lines).toEqual([]);
    jest.advanceTimersByTime(1_000);
    expect(lines).toEqual(['log: [MEVETO_TEST_SUMMED_UP] 42 in all']);
  });

  it('writes what is summed up when the application stops', () => {
    emit('a', 'b', 'c');
    log.onApplicationShutdown();
    expect(lines.slice(2)).toEqual(['warn: [MEVETO_TEST_BOUNDED] 1 more, such as c']);
    jest.advanceTimersByTime(1_000);
    expect(lines).toHaveLength(3);
  });

  it('survives a logger of the application that throws, at the end of a window and when it stops', () => {
    Logger.overrideLogger({
      warn: () => {
        throw new Error('the log is full');
      },
    } as unknown as LoggerService);
    emit('a', 'b', 'c');
    expect(() => jest.advanceTimersByTime(1_000)).not.toThrow();
    emit('a', 'b', 'c');
    expect(() => {
      log.onApplicationShutdown();
    }).not.toThrow();
  });
});
