import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const LONGEST_LINE = 200;
const LONGEST_CELL = 120;
const PACKAGE = 'libs/meveto-logout/src';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const textOf = (page) => readFileSync(page, 'utf8');
const linesOf = (page) => textOf(page).split('\n');
const isTable = (line) => line.trimStart().startsWith('|');

const sources = ['libs', 'apps', 'bench', 'test', 'tools'].flatMap((folder) =>
  readdirSync(folder, { recursive: true }).map((name) => join(folder, name)),
);
const names = new Set(sources.map((path) => basename(path).replace(/\.m?[jt]s$/, '')));

/** The fragments of a page's headings, as GitHub makes them. */
const anchorsOf = (page) =>
  linesOf(page)
    .filter((line) => /^#+ /.test(line))
    .map((line) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    );

/** Whether `page#fragment` leads anywhere; the fragment may be missing. */
function leadsSomewhere(target) {
  const [path, fragment] = target.split('#');
  if (!existsSync(path)) return false;
  return fragment === undefined || anchorsOf(path).includes(fragment);
}

/** The text without blocks of code, whose examples name files of other projects. */
const proseOf = (page) => textOf(page).replace(/^ *```.*?^ *```/gms, '');

/** The texts between backticks. */
const quotedIn = (page) => [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(([, quoted]) => quoted);

const FOLDERS = ['libs', 'apps', 'bench', 'test', 'tools', 'docs'];
const OF_PACKAGE = readdirSync(PACKAGE).filter((name) => statSync(join(PACKAGE, name)).isDirectory());

/** Whether there is such a file or folder, with or without its ending. */
const exists = (path) => existsSync(path) || sources.some((source) => source.startsWith(`${path}.`));

/** The paths and files that a page names: from the repository's root, below the package, or by a name such as `some.spec`. */
function missingIn(page) {
  return quotedIn(page).filter((quoted) => {
    if (!/^[\w./-]+$/.test(quoted)) return false;
    const [folder] = quoted.split('/');
    if (!quoted.includes('/'))
      return /\.(?:[\w-]*spec|contract)(?:\.ts)?$/.test(quoted) && !names.has(quoted.replace(/\.ts$/, ''));
    if (FOLDERS.includes(folder)) return !exists(quoted.replace(/\/$/, ''));
    if (OF_PACKAGE.includes(folder)) return !exists(join(PACKAGE, quoted).replace(/\/$/, ''));
    return false;
  });
}

describe.each(pages)('%s', (page) => {
  it('has no long line outside of tables', () => {
    const long = linesOf(page).filter((line) => line.length > LONGEST_LINE && !isTable(line));
    expect(long).toEqual([]);
  });

  it('has no long cell in a table', () => {
    const cells = linesOf(page)
      .filter(isTable)
      .flatMap((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
    expect(cells.filter((cell) => cell.length > LONGEST_CELL && !/^:?-+:?$/.test(cell))).toEqual([]);
  });

  it('has links that lead somewhere', () => {
    const targets = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
    const relative = targets.filter((target) => !/^[a-z]+:/.test(target));
    const broken = relative.filter(
      (target) => !leadsSomewhere(target.startsWith('#') ? page + target : join(dirname(page), target)),
    );
    expect(broken).toEqual([]);
  });

  it('names files that exist', () => {
    expect(missingIn(page)).toEqual([]);
  });
});

describe('docs/architecture.md', () => {
  const section = textOf('docs/architecture.md')
    .split('## The way of one token, in files')[1]
    .split('\n## ')[0];
  const items = [...section.matchAll(/^- `([\w/-]+)\/` \((\d+)\): (.*?)\.(?=\s)/gms)];

  it.each(items)('lists existing files of %#', (_item, folder, count, list) => {
    const files = [...list.matchAll(/`([\w.-]+)`/g)].map(([, name]) => `${PACKAGE}/${folder}/${name}.ts`);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
    expect(files).toHaveLength(Number(count));
  });

  it('adds up the files of the way of one token', () => {
    const counts = items.map(([, , count]) => Number(count));
    const total = counts.reduce((sum, count) => sum + count, 0);
    expect(section).toContain(`, ${String(total)} together**`);
  });
});

describe('comments and messages of the sources', () => {
  const files = sources.filter((path) => /^(?:libs|apps)\/.*\.ts$/.test(path));

  it('refer to pages and headings that exist', () => {
    const targets = files.flatMap((file) => textOf(file).match(/\bdocs\/\w+\.md(?:#[\w-]+)?/g) ?? []);
    expect(targets.length).toBeGreaterThan(10);
    expect([...new Set(targets)].filter((target) => !leadsSomewhere(target))).toEqual([]);
  });
});
