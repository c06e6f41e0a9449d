import { format } from 'node:util';
import type { TestRunner } from './test-runner.js';

/** Repeats something for each case. A title may contain the values of a case: `%s`, `%d`, `%j`. */
interface Each<R> {
  <T extends readonly [unknown, ...unknown[]]>(
    cases: readonly T[],
  ): (title: string, body: (...values: [...T]) => R) => void;
  <T>(cases: readonly T[]): (title: string, body: (value: T) => R) => void;
}

/** What the parts of the suite use to declare tests. */
export interface Tests extends Pick<TestRunner, 'beforeAll' | 'beforeEach' | 'afterAll' | 'expect'> {
  readonly describe: TestRunner['describe'] & { readonly each: Each<unknown> };
  readonly it: TestRunner['it'] & { readonly each: Each<Promise<void>> };
}

/** Adds `each`, which not all runners have in the same form. */
export const testsOf = ({ describe, it, beforeAll, beforeEach, afterAll, expect }: TestRunner): Tests => ({
  describe: withEach<unknown>(describe),
  it: withEach<Promise<void>>(it),
  beforeAll,
  beforeEach,
  afterAll,
  expect,
});

function withEach<R>(declare: (title: string, body: () => R) => unknown) {
  const each: Each<R> =
    (cases: readonly unknown[]) =>
    (title: string, body: (...values: never[]) => R): void => {
      for (const one of cases) {
        const values = (Array.isArray(one) ? one : [one]) as never[];
        // `format` would append the values that the title does not name.
        const named = values.slice(0, title.split('%').length - 1);
        declare(format(title, ...named), () => body(...values));
      }
    };
  return Object.assign((title: string, body: () => R) => declare(title, body), { each });
}
