import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { entries } from './entries.mjs';

describe('the entries of the package', () => {
  it('are known to the compiler, except those of the client, which is compiled separately', () => {
    const { paths } = JSON.parse(readFileSync('tsconfig.json', 'utf8')).compilerOptions;
    const ofPackage = Object.entries(paths).filter(([name]) => name.startsWith('nestjs-meveto-logout'));
    const expected = entries()
      .filter(({ file }) => !file.startsWith('client/'))
      .map(({ name, file }) => [name, [`./libs/meveto-logout/src/${file}.ts`]]);
    expect(ofPackage).toEqual(expected);
  });
});
