import { describe, expect, it, jest } from '@jest/globals';
import { loggedEvents, toldBy } from '../../spec-support/told-events.js';
import { leveledLines } from '../../spec-support/log-lines.js';
import { until } from '../../spec-support/until.js';
import { Counters } from './counters.js';
import { count, event, type EventsOf, eventTable, text } from './event-kinds.js';
import { MevetoEvents } from './meveto-events.js';

const kinds = eventTable({
  MEVETO_TEST: event({
    level: 'log',
    fields: { userId: text('the user'), count: count('how many') },
    when: 'In a test.',
    text: ({ userId }) => `about ${userId}`,
    counter: 'job_applied',
  }),
  MEVETO_TEST_SILENT: event({ level: 'none', when: 'In a test.' }),
  MEVETO_TEST_ONCE: event({ level: 'warn', when: 'In a test.', once: true, text: 'once' }),
  MEVETO_TEST_ONCE_EACH: event({
    level: 'warn',
    fields: { name: text('the name') },
    when: 'In a test.',
    once: ({ name }) => name,
    text: ({ name }) => name,
  }),
  MEVETO_TEST_OUTAGE: event({
    level: 'warn',
    when: 'In a test.',
    outage: 'test',
    text: 'down',
    counter: 'reconcile_failure',
  }),
  MEVETO_TEST_OUTAGE_OVER: event({ level: 'log', when: 'In a test.', ends: 'test', text: 'up' }),
});
type TestEvent = EventsOf<typeof kinds>;

describe('MevetoEvents', () => {
  const lines = leveledLines();

  it('passes an event with its code and time to each listener', () => {
    const events = new MevetoEvents({ now: () => 1_700_000_000_000 });
    const [first, second] = [toldBy(events), toldBy(events)];
    events.emit(kinds.MEVETO_TEST, { userId: '1', count: 2 });
    expect(first).toEqual([{ code: 'MEVETO_TEST', at: 1_700_000_000_000, userId: '1', count: 2 }]);
    expect(second).toEqual(first);
  });

  it('types an event by its code, and its fields by the table', () => {
    const nameOf = (told: TestEvent): string => {
      if (told.code === 'MEVETO_TEST') return `${told.userId} ${told.count.toFixed()}`;
      if (told.code === 'MEVETO_TEST_ONCE_EACH') return told.name;
      return told.code satisfies `MEVETO_TEST_${'SILENT' | 'ONCE' | 'OUTAGE' | 'OUTAGE_OVER'}`;
    };
    expect(nameOf({ code: 'MEVETO_TEST', at: 0, userId: '1', count: 2 })).toBe('1 2');
    const events = new MevetoEvents();
    // @ts-expect-error a field is missing
    events.emit(kinds.MEVETO_TEST, { userId: '1' });
    // @ts-expect-error the fields are missing
    events.emit(kinds.MEVETO_TEST);
  });

  it('writes the line of its level after the code, and counts', () => {
    const counters = new Counters();
    loggedEvents(counters).emit(kinds.MEVETO_TEST, { userId: '1', count: 2 });
    expect(lines).toEqual(['log: [MEVETO_TEST] about 1']);
    expect(counters.all().job_applied).toBe(2);
  });

  it('writes no line for the level none', () => {
    loggedEvents().emit(kinds.MEVETO_TEST_SILENT);
    expect(lines).toEqual([]);
  });

  it('emits an event once in a process if its table says so', () => {
    const events = loggedEvents();
    const told = toldBy(events);
    for (let times = 0; times < 3; times += 1) events.emit(kinds.MEVETO_TEST_ONCE);
    expect(told).toHaveLength(1);
    expect(lines).toEqual(['warn: [MEVETO_TEST_ONCE] once']);
    const other = toldBy(loggedEvents());
    expect(other).toEqual([]);
  });

  it('emits an event once for each of ten keys', () => {
    const events = loggedEvents();
    const told = toldBy(events);
    for (let name = 0; name < 20; name += 1) {
      events.emit(kinds.MEVETO_TEST_ONCE_EACH, { name: String(name) });
      events.emit(kinds.MEVETO_TEST_ONCE_EACH, { name: String(name) });
    }
    expect(told.map((each) => (each as TestEvent & { name: string }).name)).toEqual(
      Array.from({ length: 10 }, (_, name) => String(name)),
    );
  });

  it('writes one line for an outage, counts each failure, and emits the end once', () => {
    const counters = new Counters();
    const events = loggedEvents(counters);
    const told = toldBy(events);
    events.emit(kinds.MEVETO_TEST_OUTAGE_OVER);
    for (let times = 0; times < 3; times += 1) events.emit(kinds.MEVETO_TEST_OUTAGE);
    events.emit(kinds.MEVETO_TEST_OUTAGE_OVER);
    events.emit(kinds.MEVETO_TEST_OUTAGE_OVER);
    events.emit(kinds.MEVETO_TEST_OUTAGE);
    const [down, up] = ['MEVETO_TEST_OUTAGE', 'MEVETO_TEST_OUTAGE_OVER'];
    expect(told.map(({ code }) => code)).toEqual([down, down, down, up, down]);
    expect(lines).toEqual([`warn: [${down}] down`, `log: [${up}] up`, `warn: [${down}] down`]);
    expect(counters.all().reconcile_failure).toBe(4);
  });

  it('tells the other listeners, and warns, when a listener throws', () => {
    const events = loggedEvents();
    events.listen(() => {
      throw new RangeError('a secret');
    });
    const told = toldBy(events);
    events.emit(kinds.MEVETO_TEST, { userId: '1', count: 1 });
    expect(told.map(({ code }) => code)).toEqual(['MEVETO_TEST', 'MEVETO_LISTENER_FAILED']);
    expect(lines).toEqual([
      'log: [MEVETO_TEST] about 1',
      'warn: [MEVETO_LISTENER_FAILED] Listeners of events or logouts failed once, with RangeError. Other listeners got the events. ' +
        'Next report in a minute at the earliest.',
    ]);
  });

  it('warns of a rejected promise of a listener, which is not awaited', async () => {
    const events = loggedEvents();
    events.listen(() => Promise.reject(new RangeError('a secret')));
    const told = toldBy(events);
    events.emit(kinds.MEVETO_TEST_SILENT);
    expect(told).toHaveLength(1);
    await until('the failure is reported', () => told.length > 1);
    expect(told[1]).toMatchObject({ code: 'MEVETO_LISTENER_FAILED', error: 'RangeError' });
    expect(told).toHaveLength(2);
  });

  it('survives an error whose name cannot be read, and one that is nothing', () => {
    const events = loggedEvents();
    events.listen(() => {
      throw Object.defineProperty(new Error('nameless'), 'name', {
        get: () => {
          throw new Error('no name');
        },
      });
    });
    events.listen(() => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what an application may do
      throw undefined;
    });
    const told = toldBy(events);
    events.emit(kinds.MEVETO_TEST_SILENT);
    expect(told).toHaveLength(2);
  });

  it('reports the failures of a minute together, and is not told of them endlessly', async () => {
    jest.useFakeTimers();
    try {
      const events = loggedEvents();
      const told = toldBy(events);
      events.listen(() => {
        throw new Error('sync');
      });
      // eslint-disable-next-line @typescript-eslint/no-misused-promises -- what an application may do
      events.all$.subscribe(() => Promise.reject(new Error('async')));
      events.emit(kinds.MEVETO_TEST_SILENT);
      events.emit(kinds.MEVETO_TEST_SILENT);
      await jest.advanceTimersByTimeAsync(59_999);
      const failed = () => told.filter(({ code }) => code === 'MEVETO_LISTENER_FAILED');
      expect(failed()).toMatchObject([{ count: 1 }]);
      await jest.advanceTimersByTimeAsync(1);
      // One more of the second event, and three rejections, one of them while it was told of the first report.
      expect(failed()).toMatchObject([{ count: 1 }, { count: 4 }]);
    } finally {
      jest.useRealTimers();
    }
  });

  it('survives a logger that throws', () => {
    const events = loggedEvents();
    const told = toldBy(events);
    lines.push = () => {
      throw new Error('the disk is full');
    };
    try {
      events.emit(kinds.MEVETO_TEST, { userId: '1', count: 1 });
    } finally {
      Reflect.deleteProperty(lines, 'push');
    }
    expect(told.map(({ code }) => code)).toEqual(['MEVETO_TEST', 'MEVETO_LISTENER_FAILED']);
  });

  it('survives an observer of all$ that throws, and forgets an unsubscribed one', () => {
    const events = loggedEvents();
    const told = toldBy(events);
    const subscription = events.all$.subscribe(() => {
      throw new Error('an observer');
    });
    events.emit(kinds.MEVETO_TEST_SILENT);
    subscription.unsubscribe();
    events.emit(kinds.MEVETO_TEST_SILENT);
    const failed = told.filter(({ code }) => code === 'MEVETO_LISTENER_FAILED');
    expect(failed).toHaveLength(1);
  });

  it('lets a listener remove itself and add others while it is told', () => {
    const events = new MevetoEvents();
    const added = jest.fn();
    const remove = events.listen(() => {
      remove();
      events.listen(added);
    });
    const told = toldBy(events);
    events.emit(kinds.MEVETO_TEST_SILENT);
    expect(added).not.toHaveBeenCalled();
    events.emit(kinds.MEVETO_TEST_SILENT);
    expect(added).toHaveBeenCalledTimes(1);
    expect(told).toHaveLength(2);
  });

  it('loses none of 10,000 events, though a listener throws and a slow one takes its time', () => {
    const counters = new Counters();
    const events = loggedEvents(counters);
    events.listen(() => {
      throw new Error('always');
    });
    let slowCount = 0;
    events.listen(() => {
      slowCount += 1;
      if (slowCount % 1_000 !== 0) return;
      const until = performance.now() + 10;
      while (performance.now() < until);
    });
    const told = toldBy(events);
    for (let sent = 0; sent < 10_000; sent += 1) events.emit(kinds.MEVETO_TEST_OUTAGE);
    expect(told.filter(({ code }) => code === 'MEVETO_TEST_OUTAGE')).toHaveLength(10_000);
    expect(counters.all().reconcile_failure).toBe(10_000);
    expect(lines).toHaveLength(2);
  });
});
