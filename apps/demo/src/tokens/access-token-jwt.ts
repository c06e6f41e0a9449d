import { Injectable } from '@nestjs/common';
import { JwtService, TokenExpiredError } from '@nestjs/jwt';

/** The claims of an access token. */
export interface AccessTokenClaims {
  /** The user's id, as a string. */
  readonly sub: string;
  /** Id of the stored token. */
  readonly jti: string;
  /** Epoch milliseconds, as `recordLogin` returned them; a JWT's own `iat` has whole seconds only. */
  readonly signed_in_at: number;
}

/** The result of reading a token: by signature and expiry only, without the database. */
export type ReadAccessToken =
  | { readonly kind: 'valid'; readonly claims: AccessTokenClaims }
  | { readonly kind: 'expired' }
  | { readonly kind: 'invalid' };

/** Writes and reads access tokens: JWTs signed with HMAC-SHA-256. */
@Injectable()
export class AccessTokenJwt {
  constructor(private readonly jwt: JwtService) {}

  /** @param lifetimeSeconds lifetime from now */
  sign(claims: AccessTokenClaims, lifetimeSeconds: number): string {
    return this.jwt.sign({ ...claims }, { algorithm: 'HS256', expiresIn: lifetimeSeconds });
  }

  read(token: string): ReadAccessToken {
    try {
      const claims = this.jwt.verify<Partial<Record<string, unknown>>>(token, { algorithms: ['HS256'] });
      return isClaims(claims) ? { kind: 'valid', claims } : { kind: 'invalid' };
    } catch (error) {
      return { kind: error instanceof TokenExpiredError ? 'expired' : 'invalid' };
    }
  }
}

const UUID = /^[\da-f-]{36}$/;

const isClaims = (claims: object): claims is AccessTokenClaims =>
  'sub' in claims &&
  typeof claims.sub === 'string' &&
  'jti' in claims &&
  typeof claims.jti === 'string' &&
  UUID.test(claims.jti) &&
  'signed_in_at' in claims &&
  typeof claims.signed_in_at === 'number';
