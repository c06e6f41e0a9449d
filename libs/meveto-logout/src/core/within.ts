/**
 * Resolves like `work`, or rejects with the error of `tooLate` after `ms` milliseconds. The work is not cancelled: a
 * later result or rejection is dropped.
 * @param keepsProcess whether the timer keeps the process alive
 */
export async function within<T>(
  ms: number,
  work: Promise<T>,
  tooLate: () => Error,
  keepsProcess = true,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(tooLate());
    }, ms);
    if (!keepsProcess) timer.unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Waits until `work` is done, `ms` milliseconds at most. The timer does not keep the process alive.
 * @throws the rejection of `work` in that time
 */
export async function waitAtMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms).unref();
  });
  try {
    await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
