import { type Environment, variable } from './environment.js';
import { UsageError } from './errors.js';

const MAX_PORT = 65_535;

/**
 * Reads a TCP port: the option `--port`, or a variable.
 * @throws {UsageError} when it is none
 */
export function portOf(
  given: string | undefined,
  environment: Environment,
  name: string,
  byDefault: number,
): number {
  const text = given ?? variable(environment, name) ?? String(byDefault);
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= MAX_PORT) return port;
  throw new UsageError(
    `${given === undefined ? name : '--port'}: expected a port from 0 to ${String(MAX_PORT)}.`,
  );
}

/**
 * Reads an http or https URL. The message never quotes it: its path may contain a secret.
 * @throws {UsageError} when it is none
 */
export function webUrlOf(name: string, given: string): URL {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username + url.password === '') return url;
  throw new UsageError(`${name}: expected an http or https URL without user name and password.`);
}

/** Refuses arguments that the command does not know. */
export function refuseArguments(positionals: readonly string[]): void {
  if (positionals.length > 0) throw new UsageError(`There is no argument ${JSON.stringify(positionals[0])}.`);
}
