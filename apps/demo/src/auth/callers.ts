import { Injectable, UnauthorizedException } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AccessTokens } from '../tokens/access-tokens.js';
import { UserDirectory } from '../users/user-directory.js';
import type { User } from '../users/user.entity.js';
import { bearerOf } from './bearer.js';

/** The logged in user and the start of the session. */
export interface Caller {
  readonly user: User;
  /** Epoch milliseconds. */
  readonly signedInAt: number;
  readonly by: Credential;
}

/** The session or token of a request, by its stored id. */
export interface Credential {
  readonly kind: 'session' | 'token';
  readonly id: string;
}

type RefusalReason = 'not-logged-in' | 'expired' | 'invalid-token' | 'logged-out';

/** The sender of a request, or why the request has no valid sender. */
type Identified =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'refused'; readonly reason: RefusalReason };

const MESSAGES: Readonly<Record<RefusalReason, string>> = {
  'not-logged-in': 'Please log in.',
  expired: 'The access token has expired. Please log in again.',
  'invalid-token': 'The access token is not valid.',
  'logged-out': 'You were logged out. Please log in again.',
};
const REASONS = { expired: 'expired', invalid: 'invalid-token', revoked: 'logged-out' } as const;

/** Identifies the sender of a request. The module's guard has already checked logouts by Meveto. */
@Injectable()
export class Callers {
  constructor(
    private readonly users: UserDirectory,
    private readonly tokens: AccessTokens,
  ) {}

  /** Uses the session cookie only, for pages. */
  async ofSession({ session, sessionID }: Request): Promise<Caller | undefined> {
    const { userId, signedInAt } = session;
    if (userId === undefined || signedInAt === undefined) return undefined;
    const user = await this.users.findById(userId);
    return user === null ? undefined : { user, signedInAt, by: { kind: 'session', id: sessionID } };
  }

  /**
   * Uses `Authorization: Bearer`, otherwise the session cookie. For programs: a request without a valid sender is
   * answered with 401 and the reason.
   * @throws {UnauthorizedException} with the `WWW-Authenticate` header already set
   */
  async demand(request: Request, response: Response): Promise<Caller> {
    const identified = await this.identify(request);
    response.set('Cache-Control', 'no-store');
    if (identified.kind === 'caller') return identified.caller;
    const { reason } = identified;
    response.set('WWW-Authenticate', 'Bearer');
    throw new UnauthorizedException({ statusCode: 401, reason, message: MESSAGES[reason] });
  }

  private async identify(request: Request): Promise<Identified> {
    const token = bearerOf(request.headers.authorization);
    if (token !== undefined) return this.ofToken(token);
    const caller = await this.ofSession(request);
    return caller === undefined ? { kind: 'refused', reason: 'not-logged-in' } : { kind: 'caller', caller };
  }

  private async ofToken(token: string): Promise<Identified> {
    const checked = await this.tokens.check(token);
    if (checked.kind !== 'accepted') return { kind: 'refused', reason: REASONS[checked.kind] };
    const user = await this.users.findById(checked.userId);
    if (user === null) return { kind: 'refused', reason: 'invalid-token' };
    const { signedInAt, id } = checked;
    return { kind: 'caller', caller: { user, signedInAt, by: { kind: 'token', id } } };
  }
}
