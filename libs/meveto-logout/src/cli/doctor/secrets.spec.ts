import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { checkSecrets } from './secrets.js';

const STRONG = {
  MEVETO_WEBHOOK_SECRET_PATH: randomBytes(16).toString('hex'),
  MEVETO_CLIENT_SECRET: randomBytes(24).toString('base64url'),
};

/** `level name` of each finding that is not ok. */
const found = (environment: Readonly<Record<string, string | undefined>>) =>
  checkSecrets({ ...STRONG, ...environment })
    .filter(({ level }) => level !== 'ok')
    .map(({ level, subject }) => `${level} ${subject}`);

describe('the secrets in the environment', () => {
  it('are strong enough as openssl makes them', () => {
    expect(found({})).toEqual([]);
    const keys = { MEVETO_KEY: randomBytes(32).toString('base64'), MEVETO_KEY_OLD: 'x'.repeat(31) };
    expect(found(keys)).toEqual(['fault MEVETO_KEY_OLD']);
    expect(found({ ...keys, MEVETO_KEY_OLD: randomBytes(32).toString('base64') })).toEqual([]);
  });

  it.each([
    ['warning MEVETO_WEBHOOK_SECRET_PATH', { MEVETO_WEBHOOK_SECRET_PATH: ' ' }],
    ['fault MEVETO_WEBHOOK_SECRET_PATH', { MEVETO_WEBHOOK_SECRET_PATH: 'short-1' }],
    ['fault MEVETO_WEBHOOK_SECRET_PATH', { MEVETO_WEBHOOK_SECRET_PATH: 'not/safe/in/a/url/at/all/1' }],
    ['fault MEVETO_WEBHOOK_SECRET_PATH', { MEVETO_WEBHOOK_SECRET_PATH: 'the-secret-path-of-our-webhook' }],
    ['fault MEVETO_WEBHOOK_SECRET_PATH', { MEVETO_WEBHOOK_SECRET_PATH: 'abab12'.repeat(6) }],
    ['fault MEVETO_CLIENT_SECRET', { MEVETO_CLIENT_SECRET: undefined }],
    ['fault MEVETO_CLIENT_SECRET', { MEVETO_CLIENT_SECRET: 'fifteen-bytes-1' }],
    ['fault MEVETO_KEY', { MEVETO_KEY: 'a-key-of-31-bytes-is-too-short!' }],
    ['fault MEVETO_WEBHOOK_SECRET_PATH', { MEVETO_CLIENT_SECRET: STRONG.MEVETO_WEBHOOK_SECRET_PATH }],
  ])('%s: %j', (expected, environment) => {
    const texts = checkSecrets({ ...STRONG, ...environment }).map(({ text }) => text);
    for (const secret of Object.values({ ...STRONG, ...environment })) {
      if (secret?.trim()) expect(texts.join('\n')).not.toContain(secret.trim());
    }
    expect(found(environment)).toEqual([expected]);
  });

  it('may be short if the application has keys of its own', () => {
    const key = randomBytes(32).toString('base64');
    expect(found({ MEVETO_CLIENT_SECRET: 'short', MEVETO_KEY: key })).toEqual([]);
  });
});
