/** The credentials of a login. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
}

const MAX_LENGTH = 1_000;

/**
 * Reads address and password from a JSON or form body. Returns undefined if one is missing or is not a text that every
 * database can compare.
 */
export function readCredentials(body: unknown): Credentials | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { email, password } = body as Partial<Record<'email' | 'password', unknown>>;
  return isTyped(email) && isTyped(password) ? { email, password } : undefined;
}

const isTyped = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAX_LENGTH && !value.includes('\0');
