import type { LogoutClient } from './options.js';

/** Returns a `fetch` for the application's own server: a 401 that reports the end of the session leaves the page. */
export function watchFetch({ answered }: Pick<LogoutClient, 'answered'>): typeof fetch {
  // Keep the current `fetch`: the page may replace it by the result.
  const ask = globalThis.fetch;
  return async (input, init) => {
    const response = await ask(input, init);
    if (response.status === 401) {
      answered(
        401,
        await response
          .clone()
          .json()
          .catch(() => undefined),
      );
    }
    return response;
  };
}
