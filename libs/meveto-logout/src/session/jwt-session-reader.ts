import type { SessionFacts } from '../model/session.js';
import { OneWarning } from '../observe/one-warning.js';
import { bearerToken } from './bearer-token-reader.js';
import { instantOf, isUserId } from './instant.js';
import { SIGNED_IN_AT_CLAIM } from './signed-in-at-claim.js';
import type { SessionReader } from './session-reader.port.js';

/** The part of @nestjs/jwt's JwtService that is needed; structural, so that the library is not. */
export interface JwtVerifier {
  /** The claims of a token. Throws for one that is not valid. */
  verify(token: string, options?: object): object;
}

export interface JwtSessionOptions {
  /** The application's JwtService, with its key and algorithms. */
  readonly jwtService: JwtVerifier;
  /** What `verify` is given with each token, e.g. `{ secret }`, where the JwtService does not know it. */
  readonly verifyOptions?: object;
  /**
   * The claim with the user's id.
   * @defaultValue 'sub'
   */
  readonly userId?: string;
  /**
   * The claim with what `recordLogin` returned, in epoch milliseconds. A token without it counts from its `iat`, which
   * has whole seconds: from the beginning of that second, so that a logout in the same second ends it.
   * @defaultValue 'signed_in_at', which is in `(await recordLogin(…)).claims`
   */
  readonly signedInAt?: string;
}

/** Reads access tokens that @nestjs/jwt signs: `session: jwtSession({ jwtService })`. */
export function jwtSession(options: JwtSessionOptions): SessionReader {
  const { jwtService, verifyOptions, userId = 'sub', signedInAt = SIGNED_IN_AT_CLAIM } = options;
  const warning = new OneWarning(
    'jwtSession: the JwtService cannot verify tokens by itself, so that none is judged. Give its secret or key to JwtModule, or to ' +
      'jwtSession as verifyOptions: { secret }; with a key that has to be fetched, use bearerToken({ verify }) and verifyAsync.',
  );
  return bearerToken({
    verify: (token) => {
      try {
        const claims = jwtService.verify(token, ...(verifyOptions === undefined ? [] : [verifyOptions]));
        return factsOf(claims as Record<string, unknown>, userId, signedInAt);
      } catch (error) {
        if (isFaultOfServer(error)) warning.pass();
        throw error;
      }
    },
  });
}

/** Whatever the token is: there is no key, or it has to be fetched. The messages are those of jsonwebtoken and @nestjs/jwt. */
const isFaultOfServer = (error: unknown): boolean =>
  error instanceof Error &&
  (error.constructor.name === 'WrongSecretProviderError' ||
    error.message.includes('secret or public key must be provided'));

function factsOf(
  claims: Record<string, unknown>,
  userIdClaim: string,
  signedInAtClaim: string,
): SessionFacts | undefined {
  const userId = claims[userIdClaim];
  if (!isUserId(userId)) return undefined;
  return { userId, signedInAt: instantOf(claims[signedInAtClaim]) ?? issuedAt(claims['iat']) };
}

/** The beginning of the second that `iat` names: a token was never issued before that. */
const issuedAt = (iat: unknown): number | undefined =>
  typeof iat === 'number' ? Math.floor(iat) * 1_000 : undefined;
