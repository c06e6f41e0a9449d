import { HttpException, HttpStatus } from '@nestjs/common';
import { brand } from '../core/index.js';
import type { RefusalBody } from '../protocol/index.js';
import type { SessionRequest, TokenSource } from './session-reader.port.js';

/** The reason for refusing a request or handshake with too many tokens to verify. */
export const INVALID_TOKEN = 'invalid-token';
export const INVALID_TOKEN_MESSAGE =
  'This request carries too many or too long access tokens (at most 8 values, 8 KiB together). Send one token.';

/**
 * Thrown for a request or handshake with more than 8 possible access tokens, or more than 8 KiB of them: 401 with the reason
 * `invalid-token`. Otherwise the application could accept a token that the guard has not checked.
 */
export class InvalidTokenException extends HttpException {
  static {
    brand(this, 'InvalidTokenException');
  }

  readonly reason = INVALID_TOKEN;

  constructor() {
    const statusCode = HttpStatus.UNAUTHORIZED;
    super(
      {
        statusCode,
        code: INVALID_TOKEN,
        reason: INVALID_TOKEN,
        message: INVALID_TOKEN_MESSAGE,
      } satisfies RefusalBody,
      statusCode,
    );
  }
}

/** The values of an HTTP request that may hold an access token: only its Authorization header. */
export function requestTexts({ headers }: SessionRequest): readonly string[] {
  const { authorization } = headers;
  return typeof authorization === 'string' ? [authorization] : textsIn([authorization]);
}

/**
 * The values of a handshake, except for its headers, that may hold an access token, each once.
 * @throws {InvalidTokenException} for more than 8 values, or for lists nested deeper than 8 levels
 */
export function handshakeTexts({ auth, query, connectionParams }: TokenSource): readonly string[] {
  return textsIn([
    ...valuesAt(auth, ['token', 'authorization']),
    ...valuesAt(query, ['token']),
    ...[connectionParams, ...valuesAt(connectionParams, ['headers'])].flatMap((fields) =>
      valuesAt(fields, ['authorization', 'token']),
    ),
  ]);
}

/** The values of the fields with these names, in any case. A client may send several, and the application may read any. */
function valuesAt(fields: unknown, names: readonly string[]): readonly unknown[] {
  if (typeof fields !== 'object' || fields === null) return [];
  const found = names.map(() => [] as unknown[]);
  for (const name in fields) {
    // A client may send many long names, so these are not converted to lower case.
    const index = name.length > LONGEST_NAME ? -1 : names.indexOf(name.toLowerCase());
    found[index]?.push((fields as Readonly<Record<string, unknown>>)[name]);
  }
  return found.flat();
}

const LONGEST_NAME = 'authorization'.length;

/** Each text once. A query has a list if a name occurs twice. */
function textsIn(values: readonly unknown[]): readonly string[] {
  const found = values.flat(MAX_DEPTH);
  if (found.some((value) => Array.isArray(value))) throw new InvalidTokenException();
  const texts = new Set(found.filter(isText));
  if (texts.size > MAX_TEXTS) throw new InvalidTokenException();
  return [...texts];
}

/** Nested lists. */
const MAX_DEPTH = 8;
/** Distinct texts: each of them is a token for some reader. */
const MAX_TEXTS = 8;

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';
