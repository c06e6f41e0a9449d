/** Marks an outcome that is wrong, not merely late. CI never repeats a test whose failure message has this mark. */
export const wrongHistory = (what: string): string => `WRONG HISTORY: ${what}`;

/** The same error, with the mark. */
export const asWrongHistory = (error: unknown): Error =>
  new Error(wrongHistory(error instanceof Error ? error.message : String(error)), { cause: error });
