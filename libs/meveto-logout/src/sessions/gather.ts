/**
 * Calls a function for each item and returns the results in order. Synchronous if all results are synchronous.
 * @throws the first error of the function
 */
export function gather<Item, Result>(
  items: readonly Item[],
  call: (item: Item) => Result | Promise<Result>,
): readonly Result[] | Promise<readonly Result[]> {
  const results: (Result | Promise<Result>)[] = [];
  let isAsync = false;
  try {
    for (const item of items) {
      const result = call(item);
      if (isThenable(result)) isAsync = true;
      results.push(result);
    }
  } catch (error) {
    // No caller awaits the other results any more. An unhandled rejection would end the process.
    for (const result of results) Promise.resolve(result).catch(() => undefined);
    throw error;
  }
  return isAsync ? Promise.all(results.map((result) => Promise.resolve(result))) : (results as Result[]);
}

/** Whether the value can be awaited. A library's query object is often a thenable and not a Promise. */
export const isThenable = <T>(value: T | PromiseLike<T>): value is PromiseLike<T> =>
  typeof value === 'object' && value !== null && 'then' in value;
