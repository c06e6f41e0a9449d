import { randomBytes } from 'node:crypto';

const CODE_LIFETIME_MS = 60_000;
/** How long an access token lives, in milliseconds. */
export const ACCESS_TOKEN_LIFETIME_MS = 3_600_000;

/** What an authorization code stands for. */
export interface CodeGrant {
  readonly mevetoId: string;
  readonly clientId: string;
  readonly redirectUri: string;
}

/** The tokens given for a code. */
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

  /** Uses the code up, even when it does not fit the client or the redirect URI. */
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

  /** The Meveto ID behind an access token, if it is alive and was given to this client. */
  whoHolds(accessToken: string, clientId: string): string | undefined {
    const grant = this.#accessTokens.get(accessToken);
    if (!grant || grant.expiresAt <= this.now() || grant.clientId !== clientId) return undefined;
    return grant.mevetoId;
  }
}
