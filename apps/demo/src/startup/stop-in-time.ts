/** A little less than the usual ten seconds before a supervisor kills the process. */
const STOP_WITHIN_MS = 9_000;

/** Ends the process when a graceful stop takes too long, for example because the database does not answer. */
export function stopInTime(): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      setTimeout(() => {
        console.error('The stop took too long and was ended. Accepted webhooks are in the database.');
        process.exit(1);
      }, STOP_WITHIN_MS).unref();
    });
  }
}
