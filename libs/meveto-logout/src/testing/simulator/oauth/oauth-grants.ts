import { randomBytes } from 'node:crypto';

const CODE_LIFETIME_MS = 60_000;
/** Lifetime of an access token, in milliseconds. */
export const ACCESS_TOKEN_LIFETIME_MS = 3_600_000;

/** The login that belongs to an authorization code. */
export interface CodeGrant {
  readonly mevetoId: string;
  readonly clientId: string;
  readonly redirectUri: string;
}

/** The tokens that a code is exchanged for. */
export interface GrantedTokens {
  readonly mevetoId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

interface AccessGrant {
  readonly mevetoId: string;
  readonly clientId: string;
  readonly expiresAt: number;
}

/** Authorization codes (one use, 60 s, bound to client and redirect URI) and access tokens (1 h, bound to client). */
export class OAuthGrants {
  readonly #codes = new Map<string, CodeGrant & { readonly expiresAt: number }>();
  readonly #accessTokens = new Map<string, AccessGrant>();

  constructor(private readonly now: () => number) {}

  issueCode(grant: CodeGrant): string {
    const code = randomBytes(24).toString('hex');
    this.#codes.set(code, { ...grant, expiresAt: this.now() + CODE_LIFETIME_MS });
    return code;
  }

  /** Uses up the code, even if the client or the redirect URI does not match. */
  redeemCode(code: string, clientId: string, redirectUri: string): GrantedTokens | undefined {
    const grant = this.#codes.get(code);
    this.#codes.delete(code);
    if (!grant || grant.expiresAt <= this.now()) return undefined;
    if (grant.clientId !== clientId || grant.redirectUri !== redirectUri) return undefined;
    const accessToken = randomBytes(32).toString('hex');
    const expiresAt = this.now() + ACCESS_TOKEN_LIFETIME_MS;
    this.#accessTokens.set(accessToken, { mevetoId: grant.mevetoId, clientId, expiresAt });
    return { mevetoId: grant.mevetoId, accessToken, refreshToken: randomBytes(32).toString('hex') };
  }

  /** Returns the Meveto ID of an access token that is valid and belongs to this client. */
  whoHolds(accessToken: string, clientId: string): string | undefined {
    const grant = this.#accessTokens.get(accessToken);
    if (!grant || grant.expiresAt <= this.now() || grant.clientId !== clientId) return undefined;
    return grant.mevetoId;
  }
}
