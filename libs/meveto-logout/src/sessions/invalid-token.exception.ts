import { HttpException, HttpStatus } from '@nestjs/common';

/** The reason for refusing a request or handshake with too many tokens to verify. */
export const INVALID_TOKEN = 'invalid-token';
export const INVALID_TOKEN_MESSAGE =
  'This request carries too many or too long access tokens (at most 8 values, 8 KiB together). Send one token.';

/**
 * Thrown for a request or handshake with more than 8 possible access tokens, or more than 8 KiB of them: 401 with the reason
 * `invalid-token`. Otherwise the application could accept a token that the guard has not checked.
 */
export class InvalidTokenException extends HttpException {
  readonly reason = INVALID_TOKEN;

  constructor() {
    const statusCode = HttpStatus.UNAUTHORIZED;
    super({ statusCode, reason: INVALID_TOKEN, message: INVALID_TOKEN_MESSAGE }, statusCode);
  }
}
