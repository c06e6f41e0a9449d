import { SessionReader, type SessionRequest } from 'nestjs-meveto-logout';
import { bearerOf } from './bearer.js';

/** Paths for programs and sockets. Express matches paths case-insensitively. */
const FOR_PROGRAMS = /^\/(?:api\/|socket\.io\/|meveto\/session(?:[/?]|$))/i;

/**
 * Reads the cookie's session, unless a program sends an access token: then the token alone identifies the user, and an
 * old cookie does not matter. Pages always use the cookie.
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
