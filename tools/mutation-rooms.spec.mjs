import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ROOMS } from './mutation-rooms.mjs';

const files = [...readdirSync('libs', { recursive: true }).map((file) => `libs/${file}`)];

/** The files of a room's pattern, which may contain `**`, `*` and `{one,other}`. */
function filesOf(pattern) {
  if (!/[*{]/.test(pattern)) return existsSync(pattern) ? [pattern] : [];
  const source = pattern
    .replaceAll('.', '\\.')
    .replaceAll('**/', '<any>')
    .replaceAll('*', '[^/]*')
    .replaceAll('<any>', '(?:.*/)?')
    .replace(/\{([^}]*)\}/g, (_all, names) => `(?:${names.replaceAll(',', '|')})`);
  return files.filter((file) => new RegExp(`^${source}$`).test(file));
}
/** Expands `{one,other}` to one pattern per name. */
const singly = (pattern) => {
  const [, head, names, tail] = /^(.*)\{([^}]*)\}(.*)$/.exec(pattern) ?? [];
  return names === undefined ? [pattern] : names.split(',').map((name) => head + name + tail);
};

describe.each(Object.entries(ROOMS))('the room %s', (_name, { mutate, tests }) => {
  it.each([...mutate, ...tests].flatMap(singly))('has files for %s', (pattern) => {
    expect(filesOf(pattern)).not.toHaveLength(0);
  });
});
