import { Deadline } from '../core/index.js';

/** Rejection of {@link inTime} when the time is over or the process stops. */
export class WaitAborted extends Error {}

/**
 * Runs code of the application and waits for its result: at most `timeoutMs` milliseconds, and only until `stopping` is
 * aborted. The code may ignore its signal. A synchronous error rejects the promise, too.
 * @throws {WaitAborted} when the time is over or the process stops
 */
export async function inTime<T>(
  work: (signal: AbortSignal) => T | Promise<T>,
  timeoutMs: number,
  stopping: AbortSignal,
): Promise<T> {
  if (stopping.aborted) throw new WaitAborted();
  const deadline = new Deadline(timeoutMs, stopping);
  const { signal } = deadline;
  const over = new Promise<never>((_resolve, reject) => {
    const abortWait = (): void => {
      reject(new WaitAborted());
    };
    signal.addEventListener('abort', abortWait, { once: true });
  });
  try {
    return await Promise.race([Promise.resolve(signal).then(work), over]);
  } finally {
    deadline.clear();
  }
}
