import type { Environment } from './environment.js';

export interface CommandInput {
  readonly positionals: readonly string[];
  /** The given options by name, without dashes. */
  readonly values: Readonly<Record<string, string | undefined>>;
  readonly environment: Environment;
  /** Writes a line to the standard output. */
  readonly print: (line: string) => void;
}

/** One command of the command line. */
export interface Command {
  /** The arguments after the command's name. */
  readonly usage: string;
  readonly summary: string;
  /** What `--help` says after the usage. */
  readonly help: string;
  /** The names of its options, each with a value. */
  readonly options: readonly string[];
  /**
   * Resolves with the exit status. Loads what it needs by `import()`, so that `--help` loads nothing else.
   * @throws {UsageError} when the arguments are wrong
   * @throws {CommandError} when it cannot do its work
   */
  readonly run: (input: CommandInput) => Promise<number>;
}
