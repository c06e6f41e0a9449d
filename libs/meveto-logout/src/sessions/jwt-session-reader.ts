import { type SessionFacts, SIGNED_IN_AT_CLAIM } from './session.js';
import { sessionsEvents } from './events.js';
import { eventsOf } from './reader-events.js';
import { type TokenOptions, TokenReader } from './bearer-token-reader.js';
import { instantOf, UserIdReader } from './fact-readers.js';
import { isJwt } from './token-candidates.js';
import type { SessionReader } from './session-reader.port.js';

/** The used part of @nestjs/jwt's JwtService. A structural type, so that the library is optional. */
export interface JwtVerifier {
  /** Returns the claims of a token. Throws for an invalid token. */
  verify(token: string, options?: object): object;
}

export interface JwtSessionOptions extends TokenOptions {
  /** The application's JwtService, with its key and algorithms. */
  readonly jwtService: JwtVerifier;
  /** Second argument of `verify`, e.g. `{ secret }` if the JwtService does not know the secret. */
  readonly verifyOptions?: object;
  /**
   * The claim with the user's id, or a path to the id (`'user.id'`). No other claim is read then.
   * @defaultValue the first of 'sub', 'userId' and 'id' with a value
   */
  readonly userId?: string;
  /**
   * The claim with the result of `recordLogin`, in epoch milliseconds. A token without this claim starts at its `iat`, which
   * has whole seconds: at the beginning of that second, so that a logout in the same second ends the session.
   * @defaultValue 'signed_in_at', which is in `(await recordLogin(…)).claims`
   */
  readonly signedInAt?: string;
}

/** Reads access tokens that @nestjs/jwt signs: `session: jwtSession({ jwtService })`. Only JWTs are verified. */
export function jwtSession(options: JwtSessionOptions): SessionReader {
  const { jwtService, verifyOptions, signedInAt = SIGNED_IN_AT_CLAIM } = options;
  const verify = (token: string): SessionFacts | undefined => {
    const claims = verifiedBy(() =>
      jwtService.verify(token, ...(verifyOptions === undefined ? [] : [verifyOptions])),
    );
    if (claims === undefined) return undefined;
    const userId = userIds.of(claims, NO_REQUEST);
    return userId === undefined ? undefined : { userId, signedInAt: startOf(claims, signedInAt) };
  };
  const reader = new TokenReader({ ...options, verify }, isJwt);
  const userIds = new UserIdReader(reader, {
    holder: 'a verified token',
    reader: 'jwtSession',
    userId: options.userId,
    usual: ['sub', 'userId', 'id'],
  });
  return reader;

  /** Undefined if the service can verify no token at all. */
  function verifiedBy(verify: () => unknown): Record<string, unknown> | undefined {
    try {
      const claims = verify();
      return isObject(claims) ? claims : {};
    } catch (error) {
      if (!isKeyMissing(error)) throw error;
      eventsOf(reader).emit(sessionsEvents.MEVETO_TOKEN_KEY_MISSING);
      return undefined;
    }
  }
}

/** `userId` is a string here, so nothing reads the request. */
const NO_REQUEST = { headers: {} };

/** Whether the key is missing or must be fetched. The messages are those of jsonwebtoken and @nestjs/jwt. */
const isKeyMissing = (error: unknown): boolean =>
  error instanceof Error &&
  (error.constructor.name === 'WrongSecretProviderError' ||
    error.message.includes('secret or public key must be provided'));

function startOf(claims: Record<string, unknown>, signedInAt: string): number | undefined {
  return instantOf(claims[signedInAt]) ?? issuedAt(claims['iat']);
}

/** The beginning of the second in `iat`: the earliest time at which the token can have been issued. */
const issuedAt = (iat: unknown): number | undefined =>
  typeof iat === 'number' ? Math.floor(iat) * 1_000 : undefined;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
