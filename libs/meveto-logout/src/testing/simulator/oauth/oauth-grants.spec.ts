import { describe, expect, it } from '@jest/globals';
import { OAuthGrants } from './oauth-grants.js';

const GRANT = { mevetoId: 'meveto-alice', clientId: 'shop', redirectUri: 'https://shop.example/back' };

describe('OAuthGrants', () => {
  const clock = { now: 0 };
  const grants = new OAuthGrants(() => clock.now);

  it('redeems a code only within 60 s', () => {
    const [early, late] = [grants.issueCode(GRANT), grants.issueCode(GRANT)];
    clock.now += 59_999;
    expect(grants.redeemCode(early, 'shop', GRANT.redirectUri)?.mevetoId).toBe('meveto-alice');
    clock.now += 1;
    expect(grants.redeemCode(late, 'shop', GRANT.redirectUri)).toBeUndefined();
  });

  it.each([
    ['another client', 'other', GRANT.redirectUri],
    ['another redirect URI', 'shop', 'https://shop.example/other'],
  ])('uses a code up when it is shown by %s', (_case, clientId, redirectUri) => {
    const code = grants.issueCode(GRANT);
    expect(grants.redeemCode(code, clientId, redirectUri)).toBeUndefined();
    expect(grants.redeemCode(code, 'shop', GRANT.redirectUri)).toBeUndefined();
  });

  it('accepts an access token for one hour, and only from its own client', () => {
    const granted = grants.redeemCode(grants.issueCode(GRANT), 'shop', GRANT.redirectUri);
    const token = granted?.accessToken ?? '';
    expect(grants.whoHolds(token, 'shop')).toBe('meveto-alice');
    expect(grants.whoHolds(token, 'other')).toBeUndefined();
    clock.now += 3_600_000;
    expect(grants.whoHolds(token, 'shop')).toBeUndefined();
  });
});
