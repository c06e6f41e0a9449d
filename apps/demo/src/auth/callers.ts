import { Injectable, UnauthorizedException } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AccessTokens } from '../tokens/access-tokens.js';
import { UserDirectory } from '../users/user-directory.js';
import type { User } from '../users/user.entity.js';
import { bearerOf } from './bearer.js';

/** Who is logged in, and since when. */
export interface Caller {
  readonly user: User;
  /** Epoch milliseconds. */
  readonly signedInAt: number;
  readonly by: Credential;
}

/** What a request proved its sender with, by the id under which it is stored. */
export interface Credential {
  readonly kind: 'session' | 'token';
  readonly id: string;
}

export type RefusalReason = 'not-logged-in' | 'expired' | 'invalid-token' | 'logged-out';

/** Who sent a request, or why nobody counts as having sent it. */
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

/** Tells who sent a request. Whether Meveto logged that person out was asked before, by the module's guard. */
@Injectable()
export class Callers {
  constructor(
    private readonly users: UserDirectory,
    private readonly tokens: AccessTokens,
  ) {}

  /** By the session cookie alone, for pages. */
  async ofSession({ session, sessionID }: Request): Promise<Caller | undefined> {
    const { userId, signedInAt } = session;
    if (userId === undefined || signedInAt === undefined) return undefined;
    const user = await this.users.findById(userId);
    return user === null ? undefined : { user, signedInAt, by: { kind: 'session', id: sessionID } };
  }

  /**
   * By `Authorization: Bearer`, else by the session cookie. For programs: nobody is answered with 401 and the reason.
   * @throws {UnauthorizedException} with the header that goes with it already set
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
