import { describe, expect, it } from '@jest/globals';
import { redirectUri } from './redirect-uri.js';

describe('redirectUri', () => {
  it('uses the configured origin whatever the request says', () => {
    expect(redirectUri('https://demo.example', 'evil.example')).toBe('https://demo.example/meveto/redirect');
  });

  it.each(['localhost:3000', '127.0.0.1:3000', '[::1]:3000', 'demo.localhost'])(
    'trusts the loopback host %s',
    (host) => {
      expect(redirectUri(undefined, host)).toBe(`http://${host}/meveto/redirect`);
    },
  );

  it.each([
    undefined,
    '',
    'demo.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'localhost@evil.example',
  ])('does not believe the host %s', (host) => {
    expect(redirectUri(undefined, host)).toBeUndefined();
  });
});
