/**
 * The functions of a test runner that the suite uses. Jest (`import * as jest from '@jest/globals'`) and Vitest
 * (`import * as vitest from 'vitest'`) fit as they are.
 */
export interface TestRunner {
  readonly describe: (title: string, tests: () => void) => unknown;
  readonly it: (title: string, test: () => Promise<void>) => unknown;
  readonly beforeAll: (work: () => Promise<void>) => unknown;
  readonly beforeEach: (work: () => Promise<void>) => unknown;
  readonly afterAll: (work: () => Promise<void>) => unknown;
  readonly expect: Expect;
}

export interface Expect {
  (value: unknown): Expectations & {
    readonly not: Expectations;
    readonly rejects: Pick<Expectations<Promise<void>>, 'toThrow' | 'toMatchObject'>;
  };
  any(type: typeof Number | typeof String): unknown;
  anything(): unknown;
  objectContaining(properties: Record<string, unknown>): unknown;
}

interface Expectations<R = void> {
  toBe(expected: unknown): R;
  toBeGreaterThan(least: number): R;
  toBeGreaterThanOrEqual(least: number): R;
  toBeInstanceOf(type: new (...given: never[]) => unknown): R;
  toBeLessThan(most: number): R;
  toBeLessThanOrEqual(most: number): R;
  toBeNull(): R;
  toBeUndefined(): R;
  toContain(item: unknown): R;
  toContainEqual(item: unknown): R;
  toEqual(expected: unknown): R;
  toHaveLength(length: number): R;
  toMatchObject(expected: object): R;
  toThrow(type?: new (...given: never[]) => Error): R;
}
