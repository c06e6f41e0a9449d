/** The database could not be reached or prepared at start. The message ends with the remedy. */
export class DatabaseStartError extends Error {
  constructor(database: string, options: { readonly cause: unknown }) {
    const reason = options.cause instanceof Error ? describe(options.cause) : String(options.cause);
    super(
      `The database (${database}) cannot be used: ${reason}. Check DATABASE_URL and that the database runs.`,
      options,
    );
    this.name = 'DatabaseStartError';
  }
}

/** A refused connection is an AggregateError without a message: its parts contain the messages. */
function describe(error: Error): string {
  if (error.message !== '') return error.message.replace(/\.$/, '');
  if (error instanceof AggregateError) return error.errors.map((part: unknown) => String(part)).join('; ');
  return error.name;
}
