import { SessionReader, type SessionRequest } from 'nestjs-meveto-logout';
import { bearerOf } from './bearer.js';

/** Where programs ask, and where they connect; Express takes any case for the same. */
const FOR_PROGRAMS = /^\/(?:api\/|socket\.io\/|meveto\/session(?:[/?]|$))/i;

/**
 * Reads the cookie's session, unless the request is a program's with an access token: that one proves by the token alone
 * who is asking, so an old cookie beside it takes nothing away. Pages go by the cookie whatever is beside it.
 */
export class CookieWithoutBearer extends SessionReader {
  constructor(private readonly cookie: SessionReader) {
    super();
  }

  override read(request: SessionRequest): ReturnType<SessionReader['read']> {
    return goesByToken(request) ? undefined : this.cookie.read(request);
  }

  override end(request: SessionRequest): void | Promise<void> {
    return this.cookie.end?.(request);
  }

  override renew(request: SessionRequest): void | Promise<void> {
    return this.cookie.renew?.(request);
  }

  override async prepareHandshake(request: SessionRequest, server?: unknown): Promise<void> {
    if (!goesByToken(request)) await this.cookie.prepareHandshake?.(request, server);
  }
}

function goesByToken(request: SessionRequest & { readonly url?: string }): boolean {
  return bearerOf(request.headers.authorization) !== undefined && FOR_PROGRAMS.test(request.url ?? '');
}
