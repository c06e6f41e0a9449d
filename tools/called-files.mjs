import { Session } from 'node:inspector/promises';

const BUILT = new URL('../dist/compiled/', import.meta.url).href;

/**
 * Starts to count calls as V8 does. Returns a function that returns the files of the package of which a function was called since
 * its last call. Files of the root, of `core/` and `index.ts` are not counted.
 * @returns {Promise<() => Promise<string[]>>}
 */
export async function countCalls() {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  return async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage');
    return result
      .filter(
        ({ url, functions }) => url.startsWith(BUILT) && functions.some(({ ranges }) => ranges[0]?.count),
      )
      .map(({ url }) => url.slice(BUILT.length))
      .filter((file) => file.includes('/') && !file.startsWith('core/'));
  };
}
