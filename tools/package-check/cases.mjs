// What `npm run check:package` installs and runs. A group is a folder with installed packages, a case an application in it.
import { sqliteVersion } from './nodes.mjs';

const NESTS = {
  11: { nest: '^11.0.0', axios: '^4.0.0', schedule: '^6.0.0', typescript: '~5.9.0' },
  12: { nest: '^12.0.0', axios: '^12.0.0', schedule: '^12.0.0', typescript: '~6.0.0' },
};

export const COMPILER = { '@types/express-session': '^1.18.0', '@types/node': '^20.19.0' };
export const SOCKET_IO = (nest) => ({
  '@nestjs/platform-socket.io': NESTS[nest].nest,
  'socket.io': '^4.8.0',
});
export const TYPEORM = (nest, typeorm) => ({
  '@nestjs/typeorm': NESTS[nest].nest,
  typeorm,
  'better-sqlite3': sqliteVersion,
  '@types/better-sqlite3': '^7.6.0',
});
/** What the test of docs/testing.md needs. */
export const TESTING = (nest) => ({
  '@nestjs/jwt': NESTS[nest].nest,
  '@nestjs/testing': NESTS[nest].nest,
  'socket.io-client': '^4.8.0',
});
const KNEX = { knex: '^3.1.0', 'better-sqlite3': sqliteVersion };
const FASTIFY = {
  '@nestjs/platform-fastify': NESTS[12].nest,
  '@fastify/cookie': '^11.0.0',
  '@fastify/session': '^11.0.0',
};

/** Nest, and what the package requires. */
export const REQUIRED = (nest) => ({
  '@nestjs/axios': NESTS[nest].axios,
  '@nestjs/common': NESTS[nest].nest,
  '@nestjs/core': NESTS[nest].nest,
  '@nestjs/platform-express': NESTS[nest].nest,
  '@nestjs/schedule': NESTS[nest].schedule,
  '@nestjs/websockets': NESTS[nest].nest,
  axios: '^1.16.0',
  'express-session': '^1.18.0',
  'reflect-metadata': '^0.2.2',
  rxjs: '^7.8.0',
});
const COMPILERS = { 'typescript-5.9': 'npm:typescript@~5.9.0', 'typescript-6': 'npm:typescript@~6.0.0' };
const base = (nest) => ({ ...REQUIRED(nest), ...COMPILER, typescript: NESTS[nest].typescript });

/** Groups by name. `absent` must not be installed with the rest. */
export const GROUPS = {
  'nest-12': { dependencies: { ...base(12), ...SOCKET_IO(12), ...TYPEORM(12, '^1.1.0'), ...FASTIFY } },
  'nest-11-typeorm-0.3': { dependencies: { ...base(11), ...SOCKET_IO(11), ...TYPEORM(11, '^0.3.20') } },
  'nest-11-typeorm-1': { dependencies: { ...base(11), ...SOCKET_IO(11), ...TYPEORM(11, '^1.1.0') } },
  'no-typeorm': {
    dependencies: { ...base(12), ...SOCKET_IO(12), ...KNEX },
    absent: ['typeorm', '@nestjs/typeorm'],
  },
  'no-socket-io': {
    dependencies: { ...base(12), ...TYPEORM(12, '^1.1.0') },
    absent: ['socket.io', '@nestjs/platform-socket.io'],
  },
  'nest-12-runners': {
    dependencies: {
      ...base(12),
      ...SOCKET_IO(12),
      ...TYPEORM(12, '^1.1.0'),
      ...TESTING(12),
      jest: '^30.0.0',
      'ts-jest': '^29.4.0',
      vitest: '^4.1.0',
    },
  },
  types: {
    dependencies: {
      ...REQUIRED(12),
      ...COMPILER,
      ...COMPILERS,
      ...SOCKET_IO(12),
      ...TYPEORM(12, '^1.1.0'),
      '@nestjs/terminus': '^12.1.0',
      '@opentelemetry/api': '^1.9.0',
      'prom-client': '^15.1.0',
      pusher: '^5.2.0',
    },
  },
  'types-of-the-root': {
    dependencies: { ...REQUIRED(12), ...COMPILER, ...COMPILERS },
    absent: ['typeorm', 'socket.io', 'better-sqlite3', 'pusher', '@nestjs/microservices'],
  },
  'nest-12-bundlers': {
    dependencies: {
      ...base(12),
      ...SOCKET_IO(12),
      ...TYPEORM(12, '^1.1.0'),
      '@nestjs/cli': NESTS[12].nest,
      '@rspack/core': '^1.5.0',
      esbuild: '^0.28.0',
      'fork-ts-checker-webpack-plugin': '^9.1.0',
      'ts-loader': '^9.5.0',
      'tsconfig-paths-webpack-plugin': '^4.2.0',
      webpack: '^5.100.0',
      'webpack-node-externals': '^3.0.0',
    },
  },
};

/** TypeScript's resolutions, with the versions that have them. */
const RESOLUTIONS = [
  ['nodenext', 'nodenext', '5.9'],
  ['nodenext', 'nodenext', '6'],
  ['bundler', 'preserve', '5.9'],
  ['bundler', 'preserve', '6'],
  ['node10', 'commonjs', '5.9'],
];
const typed = RESOLUTIONS.flatMap(([resolution, module, typescript]) =>
  [
    { what: 'all sub-paths', group: 'types', files: ['root', 'sub-paths', 'browser'] },
    { what: 'the root alone', group: 'types-of-the-root', files: ['root'] },
  ].map(({ what, group, files }) => ({
    name: `types of ${what}: ${resolution}, TypeScript ${typescript}`,
    group,
    files,
    kind: 'types',
    typescript,
    compilerOptions: { module, moduleResolution: resolution },
    nodes: [20],
  })),
);

const ALL_NODES = [20, 22, 24];
const onAll = { nodes: ALL_NODES };

/**
 * Cases in the order of their runs. `always`: the versions of Node on which the case runs without `--all`; `nodes`: those
 * with it. `kind` names a function of runs.mjs.
 */
export const CASES = [
  {
    name: 'Nest 12, ESM, Express',
    group: 'nest-12',
    kind: 'compiled',
    type: 'module',
    always: [20],
    ...onAll,
  },
  {
    name: 'Nest 12, ESM, Fastify',
    group: 'nest-12',
    kind: 'compiled',
    type: 'module',
    http: 'fastify',
    ...onAll,
  },
  { name: 'Nest 12, CommonJS', group: 'nest-12', kind: 'compiled', type: 'commonjs', always: [20], ...onAll },
  {
    name: 'Nest 11, CommonJS, TypeORM 0.3',
    group: 'nest-11-typeorm-0.3',
    kind: 'compiled',
    type: 'commonjs',
    always: [20],
    ...onAll,
  },
  {
    name: 'Nest 11, CommonJS, TypeORM 1',
    group: 'nest-11-typeorm-1',
    kind: 'compiled',
    type: 'commonjs',
    ...onAll,
  },
  {
    name: 'no TypeORM (Knex)',
    group: 'no-typeorm',
    kind: 'compiled',
    type: 'module',
    store: 'knex',
    always: [20],
    ...onAll,
  },
  {
    name: 'no Socket.IO, livePush: false',
    group: 'no-socket-io',
    kind: 'compiled',
    type: 'module',
    env: { LIVE_PUSH: 'false' },
    always: [20],
    ...onAll,
  },
  {
    name: 'no Socket.IO, default livePush: a start fault',
    group: 'no-socket-io',
    kind: 'refused',
    type: 'module',
    says: 'livePush: false',
    always: [20],
    ...onAll,
  },
  { name: 'nest new of 12, Vitest', kind: 'created', nest: 12, always: [22], nodes: [22, 24] },
  { name: 'nest new of 11, Jest', kind: 'created', nest: 11, extensions: false, ...onAll },
  { name: 'Nest 12, Vitest 4', group: 'nest-12-runners', kind: 'vitest', type: 'module', ...onAll },
  { name: 'Nest 12, Jest as ESM', group: 'nest-12-runners', kind: 'jest', type: 'module', ...onAll },
  { name: 'bundle of esbuild, ESM', group: 'nest-12-bundlers', kind: 'esbuild', type: 'module', ...onAll },
  {
    name: 'bundle of esbuild, CommonJS',
    group: 'nest-12-bundlers',
    kind: 'esbuild',
    type: 'commonjs',
    ...onAll,
  },
  {
    name: 'nest build with webpack',
    group: 'nest-12-bundlers',
    kind: 'nestBuild',
    builder: 'webpack',
    nodes: [20],
  },
  {
    name: 'nest build with rspack',
    group: 'nest-12-bundlers',
    kind: 'nestBuild',
    builder: 'rspack',
    nodes: [20],
  },
  ...typed,
];
