import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { EventKind } from '../../libs/meveto-logout/src/core/event-kinds.js';
import { eventTables } from '../../libs/meveto-logout/src/events.js';

const PAGE = 'docs/events.md';

const INTRO = `
# Events

<!-- Made by \`UPDATE_DOCS=1 npm test -- test/module/events-docs\` from the tables of events. -->

What happens in a process is an event with a stable code. Log lines, counters, \`status()\` and code of the application listen to
the events. No event contains a token, a secret, a Meveto ID or sealed data. Times are in epoch milliseconds.

## Listen

\`MevetoLogoutService.events$\` emits all events of this process from the subscription on. \`code\` tells them apart:

\`\`\`ts
meveto.events$.subscribe((event) => {
  if (event.code === 'MEVETO_JOB_APPLIED') audit.write(event.userIds, event.occurredAt);
});
\`\`\`

The option \`onEvent\` gets them from the start on: \`MevetoLogoutModule.forRoot({ …, onEvent: (event) => audit.write(event) })\`.
\`logouts$\` emits logouts alone.

- Listeners run in the turn in which the event happens, and nothing awaits them. Give heavy work to a queue of your own: a slow
  listener delays everything else in the process.
- A listener that throws, or returns a rejected promise, disturbs nobody. It costs one warning a minute, \`MEVETO_LISTENER_FAILED\`.
  The same holds for what \`pipe\` makes of \`events$\`. It does not hold for operators that make an observable of their own, such as
  \`merge(events$, other$)\`: RxJS ends the process if an observer of such an observable throws.
- Later versions may add events and fields. Ignore a code that you do not know.

With \`@nestjs/event-emitter\`, pass the events on:

\`\`\`ts
@Injectable()
export class MevetoEventBridge {
  constructor(meveto: MevetoLogoutService, emitter: EventEmitter2) {
    meveto.events$.subscribe((event) => emitter.emit(event.code, event));
  }
}

@OnEvent('MEVETO_JOB_APPLIED')
onLogout(event: Extract<MevetoEvent, { code: 'MEVETO_JOB_APPLIED' }>) {}
\`\`\`

## Log lines

Each line has the form \`[MEVETO_…] text\` and the context \`MevetoLogout\`. Levels are those of Nest's logger. An event of level \`none\` has no
line. Lines are bounded: an event that is emitted _once_ warns of a configuration; an _outage_ has one line when it begins, and
another when it ends; other lines have a largest number in a window of time, and one line with the number of the rest.
Faults of the configuration stop the start with an error, \`ERR_MEVETO_CONFIGURATION\`, and are no events.

## All events

Besides its fields, each event has \`code\` and \`at\`, the time when it was emitted.
`;

const seconds = (ms: number): string => (ms === 1_000 ? 'a second' : `${String(ms / 1_000)} seconds`);

function linesOf({ bound, outage, ends, once, level }: EventKind): string {
  if (once !== undefined) return `${level}, once in a process${once === true ? '' : ' for each case'}`;
  if (outage !== undefined) return `${level}, once for an outage`;
  if (ends !== undefined) return `${level}, at the end of an outage`;
  if (bound === undefined || level === 'none') return level;
  if (bound.lines === 0) return `${level}, summed up once in ${seconds(bound.perMs)}`;
  return `${level}, at most ${String(bound.lines)} in ${seconds(bound.perMs)}, and the number of the rest`;
}

const counterOf = ({ counter }: EventKind): string[] => {
  if (counter === undefined) return [];
  if (typeof counter === 'function') return ['- Counter: by the fields'];
  return [
    `- Counter: ${[counter]
      .flat()
      .map((name) => `\`${name}\``)
      .join(', ')}`,
  ];
};

const sectionOf = (kind: EventKind): string =>
  [
    `### ${kind.code}`,
    '',
    ...wrapped(kind.when),
    '',
    `- Level: ${linesOf(kind)}`,
    ...Object.entries(kind.fields).flatMap(([name, { shape, meaning }]) =>
      wrapped(`- \`${name}\` (${shape}): ${meaning}`, '  '),
    ),
    ...counterOf(kind),
    ...(kind.action === undefined ? [] : wrapped(`- What to do: ${kind.action}`, '  ')),
  ].join('\n');

/** The text in lines of 125 characters at most. */
function wrapped(text: string, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length > 124) {
      lines.push(line);
      line = indent + word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

const kinds = Object.values(eventTables).toSorted((a, b) =>
  a.code < b.code ? -1 : 1,
) as readonly EventKind[];

describe('the events', () => {
  it('are those of the page that is generated from them', () => {
    const page = `${INTRO.trimStart()}\n${kinds.map(sectionOf).join('\n\n')}\n`;
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(PAGE, page);
    expect(readFileSync(PAGE, 'utf8')).toBe(page);
  });

  it.each(kinds)(
    'have a line unless their level is none, and a remedy for warnings and errors: $code',
    (kind) => {
      expect(kind.text === undefined).toBe(kind.level === 'none');
      if (kind.level === 'warn' || kind.level === 'error') expect(kind.action).toBeDefined();
      expect(kind.when).toMatch(/\.$/);
    },
  );

  it('end only outages that another event begins', () => {
    const outages = kinds.flatMap(({ outage }) => outage ?? []);
    for (const { ends } of kinds) if (ends !== undefined) expect(outages).toContain(ends);
  });

  it.each(kinds)(
    'have no field that is named like a secret or like a field of every event: $code',
    (kind) => {
      for (const name of Object.keys(kind.fields)) {
        expect(name).not.toMatch(/token|secret|sealed|mevetoId|digest/i);
        expect(['code', 'at']).not.toContain(name);
      }
    },
  );
});
