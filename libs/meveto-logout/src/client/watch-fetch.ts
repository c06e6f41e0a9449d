import type { LogoutClient } from './options.js';

/** A `fetch` for the application's own server: an answer of 401 that says the session is over leaves the page, too. */
export function watchFetch({ answered }: Pick<LogoutClient, 'answered'>): typeof fetch {
  // As it is now: the result may be put in its place.
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
