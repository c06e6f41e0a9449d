import { importX, createNodeResolver } from 'eslint-plugin-import-x';

const src = 'libs/meveto-logout/src';

/**
 * The imports that each folder of the package may use: other folders and other packages. All others are forbidden.
 * The files of the package's root may import everything.
 *
 * `types: true` of a library allows only `import type`. `lazy: true` also allows `import()`. In both cases loading the folder
 * does not load the library.
 * @typedef {{ types?: true, lazy?: true }} Manner
 * @typedef {object} Folder
 * @property {string[]} folders
 * @property {true} [importsAll] true: may import all folders, their units and the files of the root, and nothing may import it
 * @property {Record<string, Manner>} libraries by the package's name
 * @property {true} [program] true: a program of its own, which nothing of the package may import
 * @property {string[]} [units] subfolders with their own index, which only the package's root and testing/ may import
 * @property {string[]} [entries] the units that the root must not import, either: each is an entry of the package
 * @property {string[]} [specs] further folders that its specs may import
 * @property {false} [node] false: modules of Node.js are forbidden, too
 * @type {Record<string, Folder>}
 */
const folders = {
  meveto: {
    folders: ['inbox', 'store', 'core'],
    libraries: {
      '@nestjs/axios': {},
      '@nestjs/common': {},
      '@nestjs/core': {},
      '@nestjs/schedule': {},
      axios: {},
      cron: {},
      'lru-cache': {},
      rxjs: {},
    },
  },
  inbox: {
    folders: ['logouts', 'store', 'core'],
    libraries: { '@nestjs/common': {}, 'lru-cache': {}, rxjs: {} },
  },
  live: {
    folders: ['guard', 'sessions', 'logouts', 'protocol', 'core'],
    libraries: { '@nestjs/common': {}, '@nestjs/core': {}, rxjs: { types: true } },
    units: ['socket-io', 'cluster-adapters', 'pusher'],
    entries: ['cluster-adapters', 'pusher'],
    specs: ['store'],
  },
  guard: {
    folders: ['sessions', 'protocol', 'core'],
    libraries: {
      '@nestjs/common': {},
      '@nestjs/core': {},
      '@nestjs/microservices': { lazy: true },
      '@nestjs/websockets': {},
      rxjs: { types: true },
    },
    specs: ['logouts'],
  },
  sessions: {
    folders: ['logouts', 'protocol', 'core'],
    libraries: { '@nestjs/common': {}, '@nestjs/core': {} },
  },
  logouts: { folders: ['store', 'core'], libraries: { '@nestjs/common': {}, rxjs: {} } },
  store: {
    folders: ['core'],
    libraries: {
      '@nestjs/common': {},
      '@nestjs/core': { types: true },
      'lru-cache': {},
    },
    units: ['typeorm', 'executors', 'memory'],
    entries: ['typeorm', 'executors', 'memory'],
  },
  client: { folders: ['protocol'], libraries: {}, node: false },
  protocol: { folders: [], libraries: {}, node: false },
  core: { folders: [], libraries: { '@nestjs/common': {}, rxjs: {} } },
  observe: {
    folders: ['core'],
    libraries: { rxjs: { types: true } },
    units: ['terminus', 'prometheus', 'opentelemetry'],
    entries: ['terminus', 'prometheus', 'opentelemetry'],
  },
  cli: { folders: ['meveto', 'store', 'core', 'testing'], program: true, libraries: {} },
  testing: { folders: [], importsAll: true, libraries: { '@nestjs/common': {}, '@nestjs/core': {} } },
};

/**
 * The libraries of the files of the root.
 * @type {Record<string, Manner>}
 */
const librariesOfRoot = {
  '@nestjs/common': {},
  '@nestjs/core': {},
  '@nestjs/schedule': {},
  rxjs: { types: true },
};

/**
 * The libraries of units, in place of those of their folder.
 * @type {Record<string, Record<string, Manner>>}
 */
const librariesOfUnits = {
  'live/socket-io': {
    '@nestjs/common': {},
    '@nestjs/core': {},
    '@nestjs/platform-socket.io': { lazy: true },
    '@nestjs/websockets': {},
    rxjs: {},
    'socket.io': { types: true },
  },
  'live/cluster-adapters': {},
  'live/pusher': { '@nestjs/common': {}, pusher: { lazy: true } },
  'store/typeorm': {
    '@nestjs/common': {},
    '@nestjs/core': { types: true },
    '@nestjs/typeorm': {},
    'better-sqlite3': { types: true },
    typeorm: {},
  },
  'store/executors': { 'better-sqlite3': { lazy: true } },
  'store/memory': { 'better-sqlite3': { lazy: true } },
  'observe/terminus': { '@nestjs/common': {}, '@nestjs/terminus': {} },
  'observe/prometheus': { 'prom-client': {} },
  'observe/opentelemetry': { '@opentelemetry/api': {} },
};

/**
 * The only names of other folders that a folder may import, and only by `import type`.
 * @type {Record<string, Record<string, string[]>>}
 */
const typesOnly = {
  live: { store: ['Logout', 'AnnouncedLogout'] },
  observe: {
    meveto: ['mevetoEvents'],
    inbox: ['inboxEvents'],
    logouts: ['logoutsEvents'],
    sessions: ['sessionsEvents'],
  },
};

const names = Object.keys(folders);
const isTypesOnly = (/** @type {string} */ name, /** @type {string} */ other) =>
  typesOnly[name]?.[other] !== undefined;
const unitsOf = (/** @type {string} */ name) => folders[name]?.units ?? [];
const entriesOf = (/** @type {string} */ name) => folders[name]?.entries ?? [];
const importsAll = (/** @type {string} */ name) => folders[name]?.importsAll === true;
/** Whether only the folders that list it may import this folder, and not the root. @param {string} name */
const isOnTop = (name) => importsAll(name) || folders[name]?.program === true;
const unitPaths = names.flatMap((name) => unitsOf(name).map((unit) => `${name}/${unit}`));

/** All files of a folder except those of its units. @param {string} name */
const ownFilesOf = (name) =>
  unitsOf(name).length === 0
    ? [`${src}/${name}`]
    : [`${src}/${name}/*.ts`, `${src}/${name}/!(${unitsOf(name).join('|')})/**/*.ts`];

/** @param {(name: string) => readonly string[]} besides folders that a folder may import in addition to the listed ones */
const betweenFolders = (besides) =>
  names
    .filter((name) => !importsAll(name))
    .map((name) => {
      const allowed = [...(folders[name]?.folders ?? []), ...besides(name)];
      return {
        target: `${src}/${name}`,
        from: src,
        except: [name, ...allowed],
        message: `Of the package, ${name}/ may import: ${allowed.join(', ') || 'nothing'}.`,
      };
    });

const throughIndex = names.flatMap((name) => {
  const message = `Import what the index.ts of ${name}/ exports.`;
  const others = names.filter((other) => other !== name && !importsAll(other));
  const withUnits = names.filter((other) => other !== name && importsAll(other));
  const indexes = (/** @type {string[]} */ units) => ['index.ts', ...units.map((unit) => `${unit}/index.ts`)];
  return [
    {
      target: others.map((other) => `${src}/${other}`),
      from: `${src}/${name}`,
      except: ['index.ts'],
      message,
    },
    {
      target: `${src}/*.ts`,
      from: `${src}/${name}`,
      except: indexes(unitsOf(name).filter((unit) => !entriesOf(name).includes(unit))),
      message,
    },
    ...withUnits.map((other) => ({
      target: `${src}/${other}`,
      from: `${src}/${name}`,
      except: indexes(unitsOf(name)),
      message,
    })),
  ];
});

const fromNowhere = names.filter(isOnTop).map((name) => ({
  target: [
    `${src}/*.ts`,
    ...names
      .filter((other) => other !== name && folders[other]?.folders.includes(name) !== true)
      .map((other) => `${src}/${other}`),
  ],
  from: `${src}/${name}`,
  message: `${name}/ is loaded by itself: applications must not load it.`,
}));

const noOwnIndex = [...names, ...unitPaths].map((path) => ({
  target: `${src}/${path}`,
  from: `${src}/${path}/index.ts`,
  message: 'No file imports the index.ts of its own folder. Import the file that declares the name.',
}));

const units = unitPaths.map((path) => {
  const name = path.slice(0, path.indexOf('/'));
  const others = unitPaths.filter((other) => other !== path).map((other) => `${src}/${other}`);
  return {
    target: [...ownFilesOf(name), ...others],
    from: `${src}/${path}`,
    message: `No other folder imports ${path}/.`,
  };
});

/** @param {string[]} except */
const nothingFromOutside = (...except) => ({
  target: src,
  from: '.',
  except: [src, 'node_modules', ...except],
  message: 'The package imports nothing of the repository outside its own folder.',
});

/** @param {object[]} zones */
const restrictedPaths = (zones) => /** @type {const} */ (['error', { basePath: import.meta.dirname, zones }]);

/**
 * A regular expression for every package except these, and for modules of Node.js unless they are allowed. `node:module` is
 * never allowed: the rules do not see what its `createRequire` loads.
 */
const everyPackageBut = (/** @type {string[]} */ allowed, mayUseNode = true) => {
  const packages = allowed.map((name) => `${name}(?:/|$)`);
  return `^(?!${['\\.', ...(mayUseNode ? ['node:(?!module$)'] : []), ...packages].join('|')})`;
};
/** A regular expression in a selector must not contain a slash. */
const forSelector = (/** @type {string} */ regex) => `/${regex.replaceAll('/', '\\x2F')}/`;

/** @param {string} name @param {Record<string, Manner>} libraries */
const libraryRules = (name, libraries) => {
  const [folder = name] = name.split('/');
  const mayUseNode = folders[folder]?.node !== false;
  const all = Object.keys(libraries);
  const notAtLoad = all.filter((library) => libraries[library]?.types || libraries[library]?.lazy);
  const lazily = all.filter((library) => !libraries[library]?.types);
  const types = Object.entries(typesOnly[folder] ?? {}).map(([from, names]) => ({
    from,
    names,
    index: `^(?:\\.\\./)+${from}/index\\.js$`,
  }));
  const message = `eslint.zones.js lists the libraries of ${name}.`;
  return {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: [
          { regex: everyPackageBut(all, mayUseNode), message },
          ...(notAtLoad.length === 0
            ? []
            : [{ regex: `^(?:${notAtLoad.join('|')})(?:/|$)`, allowTypeImports: true, message }]),
          ...types.map(({ names, index }) => ({ regex: index, allowImportNames: names })),
        ],
      },
    ],
    'no-restricted-syntax': [
      'error',
      {
        selector: `ImportExpression[source.value=${forSelector(everyPackageBut(lazily, mayUseNode))}]`,
        message,
      },
      { selector: 'ImportExpression[source.type!="Literal"]', message: 'Name what is imported.' },
      {
        selector: 'Identifier[name=/^(createRequire|getBuiltinModule|require)$/]',
        message: 'Use import or import(): the rules do not see what require loads.',
      },
      { selector: 'ExportAllDeclaration', message: 'Name what is exported.' },
      ...types.flatMap(({ from, index }) =>
        [
          `:matches(ImportDeclaration[importKind!='type'],ExportNamedDeclaration[exportKind!='type'])`,
          'ImportExpression',
        ].map((node) => ({
          selector: `${node}[source.value=${forSelector(index)}]`,
          message: `Of ${from}/ only types, by import type.`,
        })),
      ),
    ],
    '@typescript-eslint/no-import-type-side-effects': 'error',
  };
};

/** The import rules between the folders of the package. */
export const walls = [
  {
    files: [`${src}/**/*.ts`],
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [
        createNodeResolver({ extensions: ['.ts', '.js'], extensionAlias: { '.js': ['.ts', '.js'] } }),
      ],
    },
  },
  {
    files: [`${src}/**/*.ts`],
    ignores: ['**/*.spec.ts'],
    rules: {
      'import-x/no-restricted-paths': restrictedPaths([
        ...betweenFolders((name) => names.filter((other) => isTypesOnly(name, other))),
        ...throughIndex,
        ...fromNowhere,
        ...noOwnIndex,
        ...units,
        nothingFromOutside(),
      ]),
    },
  },
  {
    files: [`${src}/**/*.spec.ts`],
    rules: {
      'import-x/no-restricted-paths': restrictedPaths([
        ...betweenFolders((name) => folders[name]?.specs ?? []),
        nothingFromOutside('libs/meveto-logout/spec-support'),
      ]),
    },
  },
  ...names.map((name) => ({
    files: ownFilesOf(name).map((path) => (path.endsWith('.ts') ? path : `${path}/**/*.ts`)),
    ignores: ['**/*.spec.ts'],
    rules: libraryRules(name, folders[name]?.libraries ?? {}),
  })),
  {
    files: [`${src}/*.ts`],
    ignores: ['**/*.spec.ts'],
    rules: libraryRules('the root', librariesOfRoot),
  },
  ...unitPaths.map((path) => ({
    files: [`${src}/${path}/**/*.ts`],
    ignores: ['**/*.spec.ts'],
    rules: libraryRules(path, librariesOfUnits[path] ?? {}),
  })),
];
