import { HttpException, HttpStatus } from '@nestjs/common';
import type { SessionFacts } from '../model/session.js';
import { SessionReader, type SessionRequest } from './session-reader.port.js';

export interface BearerTokenOptions {
  /**
   * Verifies an access token and says whose it is and since when; undefined for one that is not valid, which the
   * application's own guard will refuse. A function without a promise keeps the guard synchronous. What it throws counts
   * as not valid, but for NestJS's exceptions of 500 and above: with `ServiceUnavailableException` it says that it cannot
   * tell now, e.g. since the token's store is down. The request is answered so, and no page leaves for it.
   */
  readonly verify: (token: string) => SessionFacts | undefined | Promise<SessionFacts | undefined>;
}

const SERVER_ERROR: number = HttpStatus.INTERNAL_SERVER_ERROR;
/** No stricter than guards of applications: what they take for a token has to be seen here, whatever stands behind it. */
const BEARER = /^\s*bearer\s+(\S+)/i;

/**
 * Reads access tokens of the Authorization header (RFC 6750): `session: bearerToken({ verify })`. There is nothing to
 * end: a token is refused by its start, and stored ones are revoked with the logout. At a login path a request goes on without
 * the header.
 */
export const bearerToken = (options: BearerTokenOptions): SessionReader => new BearerTokenReader(options);

class BearerTokenReader extends SessionReader {
  constructor(private readonly options: BearerTokenOptions) {
    super();
  }

  override read(request: SessionRequest): SessionFacts | undefined | Promise<SessionFacts | undefined> {
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return undefined;
    try {
      const facts = this.options.verify(token);
      // Whatever can be awaited: a library's query object is no Promise, and no facts either.
      return facts !== undefined && 'then' in facts ? Promise.resolve(facts).catch(throwIfDown) : facts;
    } catch (error) {
      throwIfDown(error);
      return undefined;
    }
  }

  /** Clients send an old token along with the login, too. */
  override renew(request: SessionRequest): void {
    Reflect.deleteProperty(request.headers, 'authorization');
  }
}

function throwIfDown(error: unknown): undefined {
  if (error instanceof HttpException && error.getStatus() >= SERVER_ERROR) throw error;
}
