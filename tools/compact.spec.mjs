import { describe, expect, it } from '@jest/globals';
import { compact } from './compact.mjs';

describe('compact', () => {
  it('removes comments and indentation, and keeps the lines', () => {
    const code = '/** A */\nfunction a() {\n    // b\n    if (c) {\n        d();\n    }\n}\nexport { a };\n';
    expect(compact(code)).toBe('function a() {\nif (c) {\nd();\n}\n}\nexport { a };\n');
  });

  it('leaves templates as they are', () => {
    const code =
      'const a = `one\n    ${b(() => {\n    c();\n})} two\n    three`;\nconst d = `e\n    f`;\nexport { a, d };\n';
    expect(compact(code)).toBe(
      'const a = `one\n    ${b(() => {\nc();\n})} two\n    three`;\nconst d = `e\n    f`;\nexport { a, d };\n',
    );
  });
});
