/** A little less than the ten seconds after which whoever asked the process to stop would kill it. */
const STOP_WITHIN_MS = 9_000;

/** Ends the process when an orderly stop takes too long, e.g. because the database does not answer. */
export function stopInTime(): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      setTimeout(() => {
        console.error('The stop took too long and is cut short. Accepted calls are in the database.');
        process.exit(1);
      }, STOP_WITHIN_MS).unref();
    });
  }
}
