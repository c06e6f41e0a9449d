import vm from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { toCommonJs } from './to-commonjs.mjs';

/** Runs the translated code with these modules, and returns what it exports. */
function run(code, modules = {}) {
  const exports = {};
  vm.runInNewContext(toCommonJs(code), { exports, require: (name) => modules[name], Promise });
  return exports;
}

describe('toCommonJs', () => {
  it('gives imported names to the code', () => {
    const modules = { some: { one: 1, two: 2 } };
    const code =
      "import { one, two as second } from 'some';\nconst sum = one + second;\nexport { sum as total };";
    expect(run(code, modules)).toEqual({ total: 3 });
  });

  it('exports names of other modules', () => {
    expect(
      run("export { one, two as second } from './other.js';", { './other.js': { one: 1, two: 2 } }),
    ).toEqual({
      one: 1,
      second: 2,
    });
  });

  it.each([
    ['a module in CommonJS', 'whole'],
    ['a translated ES module', { __esModule: true, default: 'whole' }],
  ])('imports the default export of %s', (_, module) => {
    expect(run("import some from 'some';\nexport { some };", { some: module })).toEqual({ some: 'whole' });
  });

  it('loads modules on demand only when the code asks for them', async () => {
    const modules = {};
    const { load } = run("const load = () => import('some');\nexport { load };", modules);
    modules.some = { named: 1 };
    expect(await load()).toEqual({ named: 1, default: { named: 1 } });
  });

  it('says that the module was an ES module, and runs it in strict mode', () => {
    const exports = run('const self = (function () { return this; })();\nexport { self };');
    expect(exports).toHaveProperty('__esModule', true);
    expect(exports.self).toBeUndefined();
  });

  it('leaves everything else as it is', () => {
    const code = "const text = `export { x } from 'y'; import('z')`;";
    expect(toCommonJs(code).endsWith(code)).toBe(true);
  });

  it.each([
    "import * as all from 'some';",
    "export * from 'some';",
    'export const x = 1;',
    'x(import.meta.url);',
  ])('refuses %s', (code) => {
    expect(() => toCommonJs(code)).toThrow(/supported|one statement/);
  });
});
