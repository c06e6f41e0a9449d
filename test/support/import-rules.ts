import { join, resolve } from 'node:path';
import { ESLint, Linter } from 'eslint';

export const SRC = 'libs/meveto-logout/src';

const RULES = [
  'import-x/no-restricted-paths',
  '@typescript-eslint/no-restricted-imports',
  'no-restricted-syntax',
];
const linter = new Linter();
const eslint = new ESLint();
const configs = new Map<string, Linter.Config>();

/** The import rules for a file in this folder, from the project's ESLint configuration. */
async function configOf(path: string): Promise<Linter.Config> {
  const { languageOptions, plugins, settings, rules } = (await eslint.calculateConfigForFile(
    path,
  )) as Linter.Config;
  const { parser } = languageOptions ?? {};
  return {
    files: ['**/*.ts'],
    languageOptions: { parser: parser },
    ...(plugins && { plugins }),
    ...(settings && { settings }),
    rules: Object.fromEntries(RULES.flatMap((name) => (rules?.[name] ? [[name, rules[name]]] : []))),
  };
}

/** Reads the rules of these folders, for sources and for specs. */
export async function readImportRules(places: readonly string[]): Promise<void> {
  for (const place of places) {
    for (const name of ['made-up.ts', 'made-up.spec.ts']) {
      const path = join(place, name);
      configs.set(path, await configOf(join(SRC, path)));
    }
  }
}

/** The number of these texts that ESLint refuses in a file of this folder. */
export function refusedIn(place: string, texts: readonly string[], name = 'made-up.ts'): number {
  const config = configs.get(join(place, name));
  if (config === undefined) throw new Error(`No configuration of ${place}`);
  const isRefused = (code: string) => {
    const messages = linter.verify(code, config, { filename: resolve(SRC, place, name) });
    const fatal = messages.find(({ fatal: isFatal }) => isFatal === true);
    if (fatal !== undefined) throw new Error(fatal.message);
    return messages.length > 0;
  };
  return texts.filter(isRefused).length;
}
