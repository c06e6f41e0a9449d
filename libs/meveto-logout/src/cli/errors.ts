/** The arguments are wrong: exit status 2. */
export class UsageError extends Error {}

/** The command could not do its work: exit status 1. The message says what to do and contains no secret. */
export class CommandError extends Error {}
