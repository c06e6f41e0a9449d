import { portOf, webUrlOf } from './arguments.js';
import { type Environment, variable } from './environment.js';

/** The webhook of the application. */
export interface WebhookAddress {
  readonly url: URL;
  /** The secret last segment of its path, if it has one. */
  readonly secret: string | undefined;
}

const SECRET = /\/([\w-]{22,})$/;

/**
 * The address that `--webhook` gives, or `/meveto/webhook` with a secret below `PUBLIC_URL`, or below 127.0.0.1 and `PORT`.
 * @param secret used when `--webhook` does not give the address
 * @throws {UsageError} when an address is none
 */
export function webhookAddressOf(
  given: string | undefined,
  environment: Environment,
  secret: string | undefined,
): WebhookAddress {
  if (given !== undefined) {
    const url = webUrlOf('--webhook', given);
    return { url, secret: SECRET.exec(url.pathname)?.[1] };
  }
  const publicUrl = variable(environment, 'PUBLIC_URL');
  const origin =
    publicUrl === undefined
      ? `http://127.0.0.1:${String(portOf(undefined, environment, 'PORT', 3000))}`
      : webUrlOf('PUBLIC_URL', publicUrl);
  const path = secret === undefined ? '/meveto/webhook' : `/meveto/webhook/${secret}`;
  return { url: new URL(path, origin), secret };
}
