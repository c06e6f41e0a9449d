/**
 * What code of the application gives, or a rejection as soon as `signal` is aborted: it need not heed the signal itself.
 * Whatever it does, throwing included, comes as the promise's outcome.
 */
export async function inTime<T>(work: () => T | Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const over = new AbortController();
  const broken = new Promise<never>((_resolve, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        reject(new Error('broken off'));
      },
      { once: true, signal: over.signal },
    );
  });
  try {
    return await Promise.race([Promise.resolve().then(work), broken]);
  } finally {
    over.abort();
  }
}
