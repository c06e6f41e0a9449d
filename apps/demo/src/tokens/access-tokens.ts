import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MevetoLogoutService } from 'nestjs-meveto-logout';
import { Repository } from 'typeorm';
import type { User } from '../users/user.entity.js';
import { AccessTokenJwt } from './access-token-jwt.js';
import { AccessToken } from './access-token.entity.js';

const LIFETIME_SECONDS = 12 * 60 * 60;

/** A newly issued token. */
export interface IssuedAccessToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

/** The owner of a presented token, or why it is refused. */
export type CheckedAccessToken =
  | {
      readonly kind: 'accepted';
      readonly id: string;
      readonly userId: number;
      readonly signedInAt: number;
    }
  | { readonly kind: 'expired' | 'invalid' | 'revoked' };

/** Issues API tokens and checks presented ones. */
@Injectable()
export class AccessTokens {
  constructor(
    @InjectRepository(AccessToken) private readonly tokens: Repository<AccessToken>,
    private readonly jwt: AccessTokenJwt,
    private readonly mevetoLogout: MevetoLogoutService,
  ) {}

  /**
   * Records the login and issues a token that a later logout revokes.
   * @param client the program that asked for the token
   */
  async issue(user: User, client: string): Promise<IssuedAccessToken> {
    const { signedInAt } = await this.mevetoLogout.recordLogin(user.id);
    const id = randomUUID();
    await this.tokens.insert({
      id,
      userId: user.id,
      signedInAt,
      expiresAt: Date.now() + LIFETIME_SECONDS * 1000,
      revokedAt: null,
      client,
    });
    const claims = { sub: String(user.id), jti: id, signed_in_at: signedInAt };
    return { token: this.jwt.sign(claims, LIFETIME_SECONDS), expiresInSeconds: LIFETIME_SECONDS };
  }

  async check(token: string): Promise<CheckedAccessToken> {
    const read = this.jwt.read(token);
    if (read.kind !== 'valid') return read;
    const stored = await this.tokens.findOneBy({ id: read.claims.jti });
    if (stored === null || String(stored.userId) !== read.claims.sub) return { kind: 'invalid' };
    if (stored.revokedAt !== null) return { kind: 'revoked' };
    const { id, userId, signedInAt } = stored;
    return { kind: 'accepted', id, userId, signedInAt };
  }
}
