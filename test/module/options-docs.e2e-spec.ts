import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Faults } from '../../libs/meveto-logout/src/core/faults.js';
import { keyTable } from '../../libs/meveto-logout/src/core/options.js';
import { guardTable } from '../../libs/meveto-logout/src/guard/options.js';
import { inboxTable } from '../../libs/meveto-logout/src/inbox/options.js';
import { pusherTable, routeTable } from '../../libs/meveto-logout/src/live/pusher/pusher-options.js';
import { socketIoTable } from '../../libs/meveto-logout/src/live/socket-io/socket-io-options.js';
import { logoutsTable } from '../../libs/meveto-logout/src/logouts/options.js';
import { mevetoTable } from '../../libs/meveto-logout/src/meveto/resolve-meveto.js';
import { hookTable } from '../../libs/meveto-logout/src/resolve-options.js';
import { sessionsTable } from '../../libs/meveto-logout/src/sessions/options.js';
import { staticTable } from '../../libs/meveto-logout/src/static-options.js';
import { storeTable } from '../../libs/meveto-logout/src/store/options.js';
import {
  disagreementsOf,
  documented,
  type DocumentedGroup,
  pageOf,
  type Slice,
} from '../support/options-docs.js';

const PAGE = 'docs/options.md';
const src = 'libs/meveto-logout/src';

const slices: readonly Slice[] = [
  { title: 'Meveto', file: `${src}/meveto/options.ts`, interface: 'MevetoOptions', table: mevetoTable() },
  { title: 'Keys', file: `${src}/core/options.ts`, interface: 'KeyOptions', table: keyTable },
  { title: 'Store', file: `${src}/store/options.ts`, interface: 'StoreOptions', table: storeTable },
  {
    title: 'Inbox',
    file: `${src}/inbox/options.ts`,
    interface: 'InboxOptions',
    table: inboxTable,
    prefix: 'inbox.',
  },
  {
    title: 'Logouts',
    file: `${src}/logouts/options.ts`,
    interface: 'LogoutsOptions',
    table: logoutsTable,
    prefix: 'logouts.',
  },
  {
    title: 'Sessions',
    file: `${src}/sessions/options.ts`,
    interface: 'SessionsOptions',
    table: sessionsTable(),
  },
  { title: 'Guard', file: `${src}/guard/options.ts`, interface: 'GuardOptions', table: guardTable },
  { title: 'Hooks', file: `${src}/options.ts`, interface: 'HookOptions', table: hookTable },
  {
    title: 'Static options',
    file: `${src}/options.ts`,
    interface: 'MevetoLogoutStaticOptions',
    table: staticTable,
  },
  {
    title: 'Live push by Socket.IO: socketIo({ … })',
    file: `${src}/live/socket-io/socket-io-options.ts`,
    interface: 'SocketIoOptions',
    table: socketIoTable,
  },
  {
    title: 'Live push by Pusher: pusher({ … })',
    file: `${src}/live/pusher/pusher-options.ts`,
    interface: 'PusherOptions',
    table: pusherTable(),
  },
  {
    title: 'Route of Pusher: pusher({ path, guards, … })',
    file: `${src}/live/pusher/pusher-options.ts`,
    interface: 'PusherRoute',
    table: routeTable,
  },
];

const INTRO = `
# Options

<!-- Made by \`UPDATE_DOCS=1 npm test -- test/module/options-docs\` from the tables and docstrings. -->

Every duration is in milliseconds. An option that is left out or undefined gets its default. Invalid options stop the start
with one message that lists every fault with its remedy and quotes no secret.

\`MevetoLogoutModule.forRoot(options)\` takes the options directly. \`forRootAsync\` takes the options from other providers, in
one of three ways:

\`\`\`ts
MevetoLogoutModule.forRootAsync({
  imports: [ConfigModule],
  inject: [ConfigService],
  useFactory: (config: ConfigService) => ({ clientId: config.get('MEVETO_CLIENT_ID'), … }),
  webhookPath: 'hooks/meveto', // static options are given beside the factory
});

MevetoLogoutModule.forRootAsync({ imports: [ConfigModule], useClass: MevetoOptions });
MevetoLogoutModule.forRootAsync({ imports: [SettingsModule], useExisting: MevetoOptions });
\`\`\`

- \`useFactory\`: a function that returns the options, or a promise of them. Injected
  providers must have the default scope: request-scoped providers stop the start.
- \`useClass\`: a class that implements \`MevetoLogoutOptionsFactory\`, with the method \`createMevetoLogoutOptions()\`. The module
  creates an instance.
- \`useExisting\`: such a class that an imported module provides and exports.

[Static options](#static-options) are needed before any provider exists. They are given beside \`useFactory\`, \`useClass\` or
\`useExisting\`. If the options contain a static option, the start fails with a message that names the option.
`;

const allIn = (group: DocumentedGroup): readonly DocumentedGroup['options'][number][] => [
  ...group.options,
  ...[...group.groups.values()].flatMap(allIn),
];

describe('the options', () => {
  it.each(slices)('have equal facts in docstrings and tables: $title', (slice) => {
    const options = allIn(documented(slice));
    expect(options.length).toBeGreaterThan(0);
    expect(options.flatMap(disagreementsOf)).toEqual([]);
  });

  it.each(slices)('get their default when they are undefined: $title', (slice) => {
    const faults = new Faults();
    for (const { name, option, isOptional } of allIn(documented(slice))) {
      if (isOptional && option.byDefault !== 'required') option.read(name, undefined, faults);
    }
    expect(faults.found).toEqual([]);
  });

  it('are those of the page that is generated from them', () => {
    const page = pageOf(INTRO, slices);
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(PAGE, page);
    expect(readFileSync(PAGE, 'utf8')).toBe(page);
  });
});

describe('a docstring', () => {
  const table = slices[3]?.table['leaseMs'];
  const described = {
    name: 'leaseMs',
    text: 'For how long. Integer, 1 000 to 30 000.',
    defaultValue: '8000',
    see: undefined,
    isOptional: true,
  };
  const wrongIn = (changed: Partial<typeof described>) =>
    table === undefined ? undefined : disagreementsOf({ ...described, option: table, ...changed });

  it('may add words to the default', () => {
    expect(wrongIn({})).toEqual([]);
    expect(wrongIn({ defaultValue: '8000 (8 s)' })).toEqual([]);
  });

  it.each([
    [{ defaultValue: '80000' }, 'the default is 8000, but its docstring has 80000'],
    [{ text: 'For how long. Integer, 1 000 to 60 000.' }, 'the bounds are'],
    [{ text: 'For how long.' }, 'the bounds are'],
    [{ isOptional: false }, 'its type requires it'],
    [{ name: 'lease' }, 'the name of a duration'],
  ])('with another fact is reported: %j', (changed, fault) => {
    expect(wrongIn(changed)).toEqual([expect.stringContaining(fault)]);
  });
});
