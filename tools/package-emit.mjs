import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { COMMONJS } from './package-manifest.mjs';

/** Removes comments from a compiled ES module; those for users are in the declarations. */
const withoutComments = (code) =>
  ts.transpileModule(code, {
    compilerOptions: {
      allowJs: true,
      removeComments: true,
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
    },
    fileName: 'compiled.js',
  }).outputText;

/** The compiler's options of a project, for one file at a time and CommonJS. */
function commonJsOptionsOf(project) {
  const { config, error } = ts.readConfigFile(project, ts.sys.readFile);
  if (error !== undefined) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, dirname(project));
  return {
    ...options,
    module: ts.ModuleKind.CommonJS,
    verbatimModuleSyntax: false,
    isolatedModules: true,
    removeComments: true,
    sourceMap: false,
  };
}

/** The compiled sources, without the endings of their names. */
const compiledIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => name.slice(0, -'.ts'.length));

/**
 * Writes the CommonJS build below `output`, without comments. The types were checked when the ES modules were compiled.
 * @param {string} library folder of the package's manifest and sources
 */
export function emitCommonJs(library, output) {
  const ofServer = commonJsOptionsOf(join(library, 'tsconfig.lib.json'));
  const ofClient = commonJsOptionsOf(join(library, 'src/client/tsconfig.build.json'));
  rmSync(output, { recursive: true, force: true });
  for (const name of compiledIn(join(library, 'src'))) {
    const fileName = join(library, 'src', `${name}.ts`);
    const { outputText } = ts.transpileModule(readFileSync(fileName, 'utf8'), {
      compilerOptions: name.startsWith('client/') ? ofClient : ofServer,
      fileName,
    });
    const file = join(output, `${name}.js`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, outputText);
  }
  writeFileSync(join(output, 'package.json'), '{ "type": "commonjs" }\n');
}

/**
 * Completes the compiled package in `built`: adds CommonJS with a copy of the declarations, and removes the comments of the ES
 * modules.
 */
export function emitPackage(library, built) {
  const commonJs = join(built, COMMONJS);
  emitCommonJs(library, commonJs);
  for (const name of compiledIn(join(library, 'src'))) {
    copyFileSync(join(built, `${name}.d.ts`), join(commonJs, `${name}.d.ts`));
    const file = join(built, `${name}.js`);
    writeFileSync(file, withoutComments(readFileSync(file, 'utf8')));
  }
}
