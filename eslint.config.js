import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const src = 'libs/meveto-logout/src';

/**
 * A wall between rooms: files of the first kind may not import what matches the patterns. A file has one wall at most,
 * since the rule's options of a later block replace those of an earlier one.
 * @param {string[]} files @param {string[]} forbidden @param {string} message
 */
const wall = (files, forbidden, message) => ({
  files,
  ignores: ['**/*.spec.ts'],
  rules: {
    '@typescript-eslint/no-restricted-imports': ['error', { patterns: [{ group: forbidden, message }] }],
  },
});

const libraries = [
  'typeorm',
  'typeorm/*',
  '@nestjs/*',
  'socket.io*',
  'axios',
  'cron',
  'express*',
  'better-sqlite3',
];
const rooms = (/** @type {string[]} */ ...names) => names.map((name) => `**/${name}/**`);
const tops = [
  '**/webhook/**',
  '**/reconcile/*er.js',
  '**/meveto-logout.module.js',
  '**/module-definition.js',
  '**/lifecycle.js',
];

export default defineConfig(
  { ignores: ['dist/', 'coverage/', 'node_modules/', 'reports/', '.stryker-tmp/'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', '*.mjs', 'tools/*.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
  },
  {
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Nest types its options as classes, to be given as plain objects.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 10],
    },
  },
  wall([`${src}/model/**/*.ts`], [...libraries, '../*'], 'The model imports nothing but itself.'),
  wall(
    [`${src}/**/*.port.ts`],
    [
      ...libraries.filter((name) => name !== '@nestjs/*'),
      '@nestjs/common',
      ...tops,
      ...rooms('typeorm', 'memory'),
    ],
    'A port knows no library and no adapter.',
  ),
  wall(
    [`${src}/store/typeorm/**/*.ts`, `${src}/store/memory/**/*.ts`],
    [...tops, ...rooms('worker', 'guard', 'live', 'exchange', 'meveto-api')],
    'A store adapter knows ports and the model only.',
  ),
  wall(
    [`${src}/{inbox,exchange,meveto-api,logout,session,secrets,observe,worker,cluster}/*.ts`],
    [...tops, 'typeorm', 'typeorm/*', ...rooms('typeorm', 'memory', 'guard', 'live', 'browser')],
    'Services know ports, not adapters, and nobody imports webhook, guard, live, reconciler or the module.',
  ),
  wall(
    [
      `${src}/{webhook,guard,live,reconcile}/*er.ts`,
      `${src}/webhook/*.ts`,
      `${src}/browser/*.ts`,
      `${src}/guard/*.ts`,
      `${src}/live/**/*.ts`,
    ],
    [
      'typeorm',
      'typeorm/*',
      ...rooms('typeorm', 'memory'),
      '**/meveto-logout.module.js',
      '**/module-definition.js',
    ],
    'The edges know ports and services, not stores.',
  ),
  wall(
    [`${src}/client/**/*.ts`],
    ['../*', 'node:*', ...libraries],
    'The browser’s part imports nothing from outside itself.',
  ),
  {
    // Its closures are its classes: what they keep to themselves is minified, and a page loads it every time.
    files: [`${src}/client/**/*.ts`],
    rules: { 'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }] },
  },
  {
    files: ['**/*.spec.ts', '**/*.e2e-spec.ts', 'test/**/*.ts'],
    rules: { 'max-lines-per-function': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'URL', 'console', 'fetch', 'performance', 'Buffer'].map((name) => [name, 'readonly']),
      ),
    },
  },
);
