import { HttpException, HttpStatus } from '@nestjs/common';
import type { SessionFacts } from './session.js';
import { nameOfError } from '../core/index.js';
import { sessionsEvents } from './events.js';
import { eventsOf } from './reader-events.js';
import { gather, isThenable, latestSessions } from './read-sessions.js';
import {
  SessionReader,
  type SessionRequest,
  type SessionsRead,
  type TokenSource,
} from './session-reader.port.js';
import { namedCandidate, tokenCandidates } from './token-candidates.js';
import { handshakeTexts, requestTexts } from './token-texts.js';

export interface TokenOptions {
  /**
   * Returns the token that the application uses, from an HTTP request or from the handshake of a socket, without "Bearer";
   * undefined if there is none. The guard then checks this token only. The function is synchronous: a promise, or any other
   * value that is not a string, causes a TypeError. Errors of the function are passed on: an HTTP request is answered with
   * 500, and a handshake is refused. A token of more than 8 KiB is refused with 401 `invalid-token`.
   * @defaultValue the guard checks every value that an application may use as the token, see `docs/guard.md`
   */
  token?(source: TokenSource): string | undefined;
}

export interface BearerTokenOptions extends TokenOptions {
  /**
   * Verifies an access token. Returns its user and the start of its session; undefined for an invalid token, which the
   * application's own guard refuses. A synchronous function keeps the guard synchronous. An error counts as an invalid
   * token, except for NestJS's exceptions of 500 and above: throw `ServiceUnavailableException` if the function cannot decide,
   * e.g. since the token's store is down. The request is then answered with that exception, and no browser leaves its page.
   * The function is called once per request for each value that may be the token, for 8 values at most.
   */
  readonly verify: (token: string) => SessionFacts | undefined | Promise<SessionFacts | undefined>;
}

const SERVER_ERROR: number = HttpStatus.INTERNAL_SERVER_ERROR;

/**
 * Reads access tokens from the Authorization header (RFC 6750) and from the fields of handshakes:
 * `session: bearerToken({ verify })`. The reader has no session to end: a token is refused by its start, and stored tokens are
 * revoked by the logout. On a login path a request continues without the header.
 */
export const bearerToken = (options: BearerTokenOptions): SessionReader => new TokenReader(options);

type Facts = SessionFacts | undefined;
/** The verified tokens of a request. There are few, so a list is faster than a map. */
type Verified = { readonly token: string; readonly facts: Facts | Promise<Facts> }[];

export class TokenReader extends SessionReader {
  override readonly readsTokens = true;
  override readonly renew?: (request: SessionRequest) => void;
  /**
   * The property of an HTTP request that holds its verified tokens, since a refused request is read again. A WeakMap is
   * slower.
   */
  readonly #key = Symbol('meveto-logout:verified');

  /** @param isToken selects the candidates to verify; all by default */
  constructor(
    private readonly options: BearerTokenOptions,
    private readonly isToken?: (candidate: string) => boolean,
  ) {
    super();
    // Clients may send an old token with a login. The origin of a token that the application names is unknown.
    if (options.token === undefined) this.renew = dropAuthorization;
  }

  /** @throws {InvalidTokenException} when there are too many candidates to verify. */
  override read(request: SessionRequest, handshake?: TokenSource): SessionsRead | Promise<SessionsRead> {
    // Fast path for requests without a token.
    const mayHave = handshake !== undefined || this.options.token !== undefined;
    if (!mayHave && request.headers.authorization === undefined) return undefined;
    const tokens = this.#tokensOf(request, handshake);
    if (tokens.length === 0) return undefined;
    const known = handshake === undefined ? this.#verifiedOf(request) : [];
    const unexpected: unknown[] = [];
    const found = gather(tokens, (token) => this.#factsOf(token, known, unexpected));
    return found instanceof Promise
      ? found.then((later) => this.#sessionsIn(later, unexpected))
      : this.#sessionsIn(found, unexpected);
  }

  #tokensOf(request: SessionRequest, handshake: TokenSource | undefined): readonly string[] {
    const candidates = this.#candidatesOf(request, handshake);
    return this.isToken === undefined ? candidates : candidates.filter(this.isToken);
  }

  #candidatesOf(request: SessionRequest, handshake: TokenSource | undefined): readonly string[] {
    const source = handshake ?? request;
    if (this.options.token !== undefined) return namedCandidate(this.options.token(source));
    const texts = requestTexts(source);
    return handshake === undefined
      ? tokenCandidates(texts, false)
      : tokenCandidates([...texts, ...handshakeTexts(handshake)], true);
  }

  #verifiedOf(request: SessionRequest): Verified {
    const carrier = request as SessionRequest & Record<symbol, Verified | undefined>;
    const known = carrier[this.#key] ?? [];
    if (known.length === 0 && Object.isExtensible(carrier)) carrier[this.#key] = known;
    return known;
  }

  #factsOf(token: string, known: Verified, unexpected: unknown[]): Facts | Promise<Facts> {
    for (const one of known) if (one.token === token) return one.facts;
    const facts = this.#verify(token, unexpected);
    known.push({ token, facts });
    return facts;
  }

  #verify(token: string, unexpected: unknown[]): Facts | Promise<Facts> {
    try {
      const facts = this.options.verify(token);
      // Any thenable: a library's query object is not a Promise.
      return isThenable(facts)
        ? Promise.resolve(facts).catch((error: unknown) => undefinedFor(error, unexpected))
        : facts;
    } catch (error) {
      undefinedFor(error, unexpected);
      return undefined;
    }
  }

  /** Never shows the message of the error, which may hold a secret. */
  #warnOf(error: unknown): void {
    eventsOf(this).emit(sessionsEvents.MEVETO_TOKEN_NOT_VERIFIED, { error: nameOfError(error) });
  }

  /** Warns of unexpected errors only if no token is valid: otherwise the failed value was not the token. */
  #sessionsIn(found: readonly (Facts | null)[], unexpected: readonly unknown[]): SessionsRead {
    const sessions = latestSessions(found.filter((facts) => facts !== undefined && facts !== null));
    if (sessions.length === 0) for (const error of unexpected) this.#warnOf(error);
    return sessions.length < 2 ? sessions[0] : sessions;
  }
}

/** @param unexpected collects errors that do not mean that the token is invalid */
function undefinedFor(error: unknown, unexpected: unknown[]): undefined {
  if (error instanceof HttpException) {
    if (error.getStatus() >= SERVER_ERROR) throw error;
  } else if (!meansInvalidToken(error)) {
    unexpected.push(error);
  }
}

/** Removes the header, as if the client had not sent it. */
export function dropAuthorization(request: SessionRequest): void {
  Reflect.deleteProperty(request.headers, 'authorization');
}

/** Names of errors of jsonwebtoken for an invalid token. */
const INVALID_TOKEN_ERRORS = new Set<unknown>(['JsonWebTokenError', 'TokenExpiredError', 'NotBeforeError']);

/** Recognises errors of jsonwebtoken by name, and of jose by code: ERR_JWT_…, ERR_JWS_…, ERR_JOSE_… */
function meansInvalidToken(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return INVALID_TOKEN_ERRORS.has(name) || (typeof code === 'string' && code.startsWith('ERR_J'));
}
