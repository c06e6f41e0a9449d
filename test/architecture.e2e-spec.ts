import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { readImportRules, refusedIn, SRC } from './support/import-rules.js';

/** The folders that each folder may import. A second list, independent of the one that the rules are made from. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  meveto: ['inbox', 'store', 'core'],
  inbox: ['logouts', 'store', 'core'],
  live: ['guard', 'sessions', 'logouts', 'protocol', 'core'],
  guard: ['sessions', 'protocol', 'core'],
  sessions: ['logouts', 'protocol', 'core'],
  logouts: ['store', 'core'],
  store: ['core'],
  observe: ['core'],
  client: ['protocol'],
  cli: ['meveto', 'store', 'core', 'testing'],
  core: [],
  protocol: [],
};
const UNITS = ['live/socket-io'];
/** Units that the root does not import: an application that imports the root does not load their libraries. */
const ENTRIES = [
  ...['live/cluster-adapters', 'live/pusher', 'store/typeorm', 'store/executors', 'store/memory'],
  ...['observe/terminus', 'observe/prometheus', 'observe/opentelemetry'],
];
/** May import everything, units and root included; nothing imports it. */
const TESTING = 'testing';
/** A program: nothing imports it. */
const CLI = 'cli';
const FOLDERS = [...Object.keys(MAY_IMPORT), TESTING];
/** The empty name means the root. */
const PLACES = ['', ...FOLDERS, ...UNITS, ...ENTRIES];
const BELOW_ROOT = [...FOLDERS, ...UNITS, ...ENTRIES].filter((place) => place !== TESTING);

const FORMS = {
  import: (from: string) => `import { a } from '${from}';\nexport const b = a;`,
  'import type': (from: string) => `import type { A } from '${from}';\nexport type B = A;`,
  'export from': (from: string) => `export { a } from '${from}';`,
  'import()': (from: string) => `export const a = () => import('${from}');`,
};
const IMPORTS = Object.values(FORMS);

const up = (place: string) => (place === '' ? './' : '../'.repeat(place.split('/').length));
const everyForm = (from: string) => IMPORTS.map((form) => form(from));
const folderOf = (place: string) => place.split('/')[0] ?? '';
/** The import path of a file of this folder, other than its index.ts. */
function someFileOf(place: string): string {
  const isSource = (name: string) => /^[\w-]+\.ts$/.test(name) && name !== 'index.ts';
  const folder = place === TESTING ? `${place}/conformance` : place;
  const name = readdirSync(join(SRC, folder)).sort().find(isSource);
  return `${folder}/${String(name).replace(/ts$/, 'js')}`;
}

beforeAll(() => readImportRules(PLACES));

const allPairs = PLACES.flatMap((place) => FOLDERS.map((folder): [string, string] => [place, folder]));
const mayImport = (place: string, folder: string) =>
  MAY_IMPORT[folderOf(place)]?.includes(folder) === true ||
  (['', TESTING].includes(place) && folder !== TESTING && folder !== CLI);
/** Names of other folders that a folder may import as types. */
const TYPES_ONLY: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  live: { store: ['Logout', 'AnnouncedLogout'] },
  observe: {
    meveto: ['mevetoEvents'],
    inbox: ['inboxEvents'],
    logouts: ['logoutsEvents'],
    sessions: ['sessionsEvents'],
  },
};
const typesOf = (place: string, folder: string) => TYPES_ONLY[folderOf(place)]?.[folder];
const isTypesOnly = (place: string, folder: string) => typesOf(place, folder) !== undefined;

describe('folders', () => {
  it('are all listed in the rules', () => {
    const found = readdirSync(SRC, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(found.map(({ name }) => name).sort()).toEqual([...FOLDERS].sort());
  });

  it.each(allPairs.filter(([place, folder]) => !isTypesOnly(place, folder)))(
    'import only the listed folders: %p %p',
    (place, folder) => {
      const refused = refusedIn(place, everyForm(`${up(place)}${folder}/index.js`));
      expect(refused).toBe(mayImport(place, folder) ? 0 : IMPORTS.length);
    },
  );

  it.each(allPairs.filter(([place, folder]) => isTypesOnly(place, folder)))(
    'import only the listed types: %s %s',
    (place, folder) => {
      const index = `${up(place)}${folder}/index.js`;
      const names = typesOf(place, folder) ?? [];
      const [name = ''] = names;
      expect(refusedIn(place, [`import type { ${names.join(', ')} } from '${index}';`])).toBe(0);
      const forbidden = [
        ...everyForm(index),
        `import { ${name} } from '${index}';`,
        `import { type ${name} } from '${index}';`,
        `import type { ${name}, Other } from '${index}';`,
        `export { type Other } from '${index}';`,
      ];
      expect(refusedIn(place, forbidden)).toBe(forbidden.length);
    },
  );

  it.each(BELOW_ROOT)('import nothing of the root: %s', (place) => {
    expect(refusedIn(place, everyForm(`${up(place)}lifecycle.js`))).toBe(IMPORTS.length);
    const root = readdirSync(SRC).filter((name) => /^[\w.-]+\.ts$/.test(name) && !name.endsWith('.spec.ts'));
    const types = root.map((name) => FORMS['import type'](up(place) + name.replace(/ts$/, 'js')));
    expect(types.length).toBeGreaterThan(0);
    expect(refusedIn(place, types)).toBe(types.length);
  });

  it('may import the root only from testing/', () => {
    expect(refusedIn(TESTING, everyForm('../index.js'))).toBe(0);
  });

  it.each(PLACES)('name what they export: %p', (place) => {
    const file = place === '' ? './lifecycle.js' : `./${someFileOf(place).slice(place.length + 1)}`;
    expect(refusedIn(place, [`export * from '${file}';`, `export * as all from '${file}';`])).toBe(2);
    expect(refusedIn(place, [FORMS['export from'](file)])).toBe(0);
  });

  it.each(allPairs.filter(([place, folder]) => folderOf(place) !== folder))(
    'import another folder only through its index.ts: %p %p',
    (place, folder) => {
      const refused = refusedIn(place, everyForm(up(place) + someFileOf(folder)));
      expect(refused).toBe(IMPORTS.length);
    },
  );

  it.each([...FOLDERS, ...UNITS, ...ENTRIES])(
    'have files that import each other directly, and not their own index.ts: %s',
    (place) => {
      expect(refusedIn(place, everyForm(`./${someFileOf(place).slice(place.length + 1)}`))).toBe(0);
      expect(refusedIn(place, everyForm('./index.js'))).toBe(IMPORTS.length);
    },
  );

  it.each([...FOLDERS, ...UNITS, ...ENTRIES])(
    'import nothing of the repository around the package: %s',
    (place) => {
      const package_ = `${up(place)}../`;
      const around = ['spec-support/until.js', '../../test/support/world.js', '../../eslint.config.js'];
      const found = around.map((path) => refusedIn(place, everyForm(package_ + path)));
      expect(found).toEqual(around.map(() => IMPORTS.length));
    },
  );
});

describe('folders with an index.ts of their own below another folder', () => {
  it.each(UNITS)('may be imported by the root and by testing/, through that index.ts: %s', (unit) => {
    for (const place of ['', TESTING]) {
      expect(refusedIn(place, everyForm(`${up(place)}${unit}/index.js`))).toBe(0);
      expect(refusedIn(place, everyForm(up(place) + someFileOf(unit)))).toBe(IMPORTS.length);
    }
  });

  it.each(UNITS.flatMap((unit) => BELOW_ROOT.flatMap((place) => (place === unit ? [] : [[unit, place]]))))(
    'must not be imported by other folders: %s by %s',
    (unit = '', place = '') => {
      expect(refusedIn(place, everyForm(`${up(place)}${unit}/index.js`))).toBe(IMPORTS.length);
      expect(refusedIn(place, everyForm(up(place) + someFileOf(unit)))).toBe(IMPORTS.length);
    },
  );

  const isElsewhere = (entry: string) => (place: string) => place !== entry && place !== TESTING;
  it.each(ENTRIES.flatMap((entry) => PLACES.filter(isElsewhere(entry)).map((place) => [entry, place])))(
    'must be imported only by testing/ if the root does not need them: %s by %p',
    (entry = '', place = '') => {
      expect(refusedIn(place, everyForm(`${up(place)}${entry}/index.js`))).toBe(IMPORTS.length);
      expect(refusedIn(place, everyForm(up(place) + someFileOf(entry)))).toBe(IMPORTS.length);
      expect(refusedIn(TESTING, everyForm(`${up(TESTING)}${entry}/index.js`))).toBe(0);
      expect(refusedIn(TESTING, everyForm(up(TESTING) + someFileOf(entry)))).toBe(IMPORTS.length);
    },
  );

  it.each([...UNITS, ...ENTRIES])('import files of the folder above, and not its index.ts: %s', (unit) => {
    expect(refusedIn(unit, everyForm(up(unit) + someFileOf(folderOf(unit))))).toBe(0);
    expect(refusedIn(unit, everyForm('../index.js'))).toBe(IMPORTS.length);
  });
});

describe('libraries', () => {
  const FREE = ['import', 'import type', 'export from', 'import()'];
  const TYPES = ['import type'];
  const LAZY = ['import type', 'import()'];
  it.each<[string, Readonly<Record<string, readonly string[]>>]>([
    ['typeorm', { 'store/typeorm': FREE }],
    ['typeorm/metadata/ColumnMetadata.js', { 'store/typeorm': FREE }],
    ['@nestjs/typeorm', { 'store/typeorm': FREE }],
    ['better-sqlite3', { 'store/typeorm': TYPES, 'store/executors': LAZY, 'store/memory': LAZY }],
    ['axios', { meveto: FREE }],
    ['@nestjs/axios', { meveto: FREE }],
    ['cron', { meveto: FREE }],
    ['socket.io', { 'live/socket-io': TYPES }],
    ['@nestjs/platform-socket.io', { 'live/socket-io': LAZY }],
    ['@socket.io/redis-adapter', {}],
    ['@nestjs/websockets', { 'live/socket-io': FREE, guard: FREE }],
    ['@nestjs/microservices', { guard: LAZY }],
    ['pusher', { 'live/pusher': LAZY }],
    ['@nestjs/terminus', { 'observe/terminus': FREE }],
    ['prom-client', { 'observe/prometheus': FREE }],
    ['@opentelemetry/api', { 'observe/opentelemetry': FREE }],
    ['@opentelemetry/sdk-metrics', {}],
    ['express', {}],
    ['@nestjs/platform-express', {}],
    ['nestjs-meveto-logout', {}],
    ['@jest/globals', {}],
    ['vitest', {}],
  ])('stay in the folders that need them: %s', (library, allowed) => {
    const taken = PLACES.map((place) => [
      place,
      Object.entries(FORMS).flatMap(([name, form]) =>
        refusedIn(place, [form(library)]) === 0 ? [name] : [],
      ),
    ]);
    expect(Object.fromEntries(taken)).toEqual(
      Object.fromEntries(PLACES.map((place) => [place, allowed[place] ?? []])),
    );
  });

  it.each(['client', 'protocol'])('and modules of Node.js are forbidden in %s', (place) => {
    for (const library of ['node:crypto', 'rxjs', '@nestjs/common', 'socket.io-client']) {
      expect(refusedIn(place, everyForm(library))).toBe(IMPORTS.length);
    }
  });

  it.each(PLACES.filter((place) => place !== 'client' && place !== 'protocol'))(
    'of Node.js are allowed everywhere else: %p',
    (place) => {
      expect(refusedIn(place, everyForm('node:crypto'))).toBe(0);
    },
  );

  it.each(PLACES)('are loaded by import only, not by require: %p', (place) => {
    const texts = [
      ...everyForm('node:module'),
      `import { createRequire } from 'node:module';\nexport const a = createRequire(import.meta.url)('typeorm');`,
      `export const a = require('typeorm');`,
      `export const a = require.resolve('typeorm');`,
      `export const a = process.getBuiltinModule('node:fs');`,
    ];
    expect(refusedIn(place, texts)).toBe(texts.length);
  });

  it.each(PLACES)('are listed for each folder that imports them: %p', (place) => {
    expect(refusedIn(place, ['export const a = (name: string) => import(name);'])).toBe(1);
  });
});

describe('specs', () => {
  const SPEC = 'made-up.spec.ts';

  it('import files of their own folder and of those that it may import', () => {
    const texts = [
      './late-session.interceptor.js',
      './index.js',
      '../sessions/session-judge.js',
      '../core/index.js',
    ];
    expect(refusedIn('guard', texts.flatMap(everyForm), SPEC)).toBe(0);
    expect(refusedIn('guard', everyForm('typeorm'), SPEC)).toBe(0);
  });

  it.each([
    ['core', '../store/index.js'],
    ['sessions', '../guard/index.js'],
    ['inbox', '../meveto/index.js'],
    ['guard', '../live/index.js'],
    ['store/typeorm', '../../logouts/index.js'],
  ])('import no other folders: %s %s', (place, from) => {
    expect(refusedIn(place, everyForm(from), SPEC)).toBe(IMPORTS.length);
  });

  it('import nothing of the tests in test/, and use spec-support instead', () => {
    const forms = everyForm('../../../../test/support/world.js');
    expect(refusedIn('guard', forms, SPEC)).toBe(IMPORTS.length);
    expect(refusedIn('guard', everyForm('../../spec-support/until.js'), SPEC)).toBe(0);
  });
});
