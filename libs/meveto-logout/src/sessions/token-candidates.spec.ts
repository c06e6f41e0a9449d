import { describe, expect, it } from '@jest/globals';
import { InvalidTokenException } from './token-texts.js';
import { isJwt, tokenCandidates } from './token-candidates.js';

const OLD = 'aaaaaaaaaa.bbbbbbbbbb.cccccccccc';
const ofRequest = (text: string) => tokenCandidates([text], false);

describe('tokenCandidates', () => {
  it.each([`Bearer ${OLD}`, `bearer ${OLD}`, `BEARER ${OLD}`])('returns one token of %j', (header) => {
    expect(ofRequest(header)).toEqual([OLD]);
  });

  it.each([
    ['bare', OLD],
    ['with white space around it', `\u00a0 ${OLD}\t`],
    ['after another scheme', `JWT ${OLD}`],
    ['after a tab', `Bearer\t${OLD}`],
    ['after a space that does not break', `Bearer\u00a0${OLD}`],
    ['after a colon', `Bearer: ${OLD}`],
    ['after a colon alone', `Bearer:${OLD}`],
    ['after 7 characters', `Bearer_${OLD}`],
    ['after 7 characters of the text that is not trimmed', `   xxxx${OLD}`],
    ['after a scheme twice', `Bearer Bearer ${OLD}`],
    ['after a word', `x Bearer ${OLD}`],
    ['after another token', `Bearer x, Bearer ${OLD}`],
    ['after the scheme alone', `Bearer${OLD}`],
    ['after the scheme in a word', `xBearer${OLD}`],
    ['around the scheme', `aaaaBearer ${OLD.slice(4)}`],
    ['around the scheme without a space', `aaaabearer${OLD.slice(4)}`],
    ['after credentials of another scheme', `Basic dXNlcjpwYXNz, Bearer ${OLD}`],
    ['after an ignored scheme', `Basic Bearer ${OLD}`],
    ['after credentials without a separator', `Basic xBearer${OLD}`],
    ['after credentials and a semicolon', `Basic x;Bearer ${OLD}`],
    ['after a tab, where an ignored scheme ends at a space', `Basic\t${OLD}`],
    ['around the scheme and its spaces', `aaaaBearer  ${OLD.slice(4)}`],
    ['around the scheme twice', `aaaaBearer aabearer${OLD.slice(6)}`],
    ['after the scheme twice without a space', `BearerBearer${OLD}`],
    ['after the scheme twice in different cases', `bearer bearer${OLD}`],
    ['after 4 characters with JWT', `JWT_${OLD}`],
    ['after JWT and a colon', `JWT:${OLD}`],
    ['around JWT', `aaaaJWT ${OLD.slice(4)}`],
    ['in quotes', `Token a.b.c="${OLD}"`],
    ['in quotes after Bearer', `Bearer a.b.c="${OLD}"`],
    ['in quotes after other parameters', `Token realm="app.example.com",token="${OLD}"`],
    ['after a semicolon', `Bearer a.b.c;${OLD}`],
    ['after much white space', `Bearer${' '.repeat(9_000)}${OLD}`],
    ['after much white space and another scheme', `Token${' '.repeat(9_000)}${OLD}`],
    ['after much white space and a word', `x${' '.repeat(9_000)}${OLD}`],
    ['last of many words', `x a b c d e f g h i ${OLD}`],
  ])('finds the token %s', (_how, text) => {
    expect(ofRequest(text)).toContain(OLD);
  });

  it.each(['Token', 'x', 'JWT', 'Bearer', 'Bearer:'])(
    'finds a token with a colon and commas after %s',
    (scheme) => {
      expect(ofRequest(`${scheme} 7:a,b`)).toContain('7:a,b');
    },
  );

  it.each([
    '',
    ' ',
    'Bearer',
    'jwt ',
    'Basic dXNlcjpwYXNz',
    `basic ${OLD}`,
    'Negotiate a.b.c',
    'NTLM a.b.c',
    `Negotiate ${'a'.repeat(12_000)}`,
    'Digest username="a", nonce="b"',
    'Digest',
  ])('finds nothing in %j', (header) => {
    expect(ofRequest(header)).toEqual([]);
    expect(tokenCandidates([header], true)).toEqual([]);
  });

  it.each(['Bearer', 'JWT', 'bearer '])('finds a token with white space after %s', (scheme) => {
    // Some libraries leave white space out of the signature.
    expect(ofRequest(`${scheme} ${OLD} c`)).toContain(`${OLD} c`);
  });

  it('counts a token once at any position', () => {
    const large = 'a'.repeat(8_192);
    expect(tokenCandidates([`Bearer ${large}`, `Bearer ${large}`, `bearer ${large}`], true)).toEqual([large]);
    expect(tokenCandidates([`Bearer ${large}`, large], true)).toEqual([large, large.slice(7)]);
    const token = `${'a'.repeat(4_990)}.bbbb.cccc`;
    for (const text of [token, `Token token="${token}"`, `x ${token} y`])
      expect(tokenCandidates([text], true)).toContain(token);
    expect(() => tokenCandidates([token, 'b'.repeat(5_000)], true)).toThrow(InvalidTokenException);
  });

  it.each([
    ['nine values', 'Bearer a b c d e f g h i'],
    ['nine values without a scheme', 'a,b,c,d,e,f,g,h,i'],
    ['nine values of a JWT', 'JWT a b c d e f g h i'],
    ['nine values and Bearer after another scheme', `x a b c d e f g h Bearer ${OLD}`],
    ['nine values after a token', `${OLD} b c d e f g h i`],
    ['nine values after a tab', `x\ta.b.c,d.e.f,g,h,i,j,k ${OLD}`],
    ['nine values after a space that does not break', `x\u00a0b,c,d,e,f,g,h,i ${OLD}`],
    ['nine values after a character that no scheme has', `x(y) a b c d e f g h i`],
    ['nine values after JWT in a longer name', 'JWT-Sig a b c d e f g h i'],
    ['more than 8 KiB', `Bearer ${'a'.repeat(8_193)}`],
    ['more than 8 KiB of bytes', `Bearer ${'ä'.repeat(4_097)}`],
    ['more than 8 KiB without a scheme', 'a'.repeat(8_193)],
  ])('refuses texts beyond the limits: %s', (_what, header) => {
    expect(() => ofRequest(header)).toThrow(InvalidTokenException);
    expect(() => tokenCandidates([header], true)).toThrow(InvalidTokenException);
  });

  it.each([
    ['many values', `Hawk ${OLD} a b c d e f g h i`],
    ['much text', `AWS4-HMAC-SHA256 ${OLD} ${'a,'.repeat(5_000)}`],
    ['a scheme with a dot', `Acme.v2 ${OLD} a b c d e f g h i`],
    ['a scheme with a plus', `X+Y ${OLD} a b c d e f g h i`],
    ['a value that is too large', `Hawk ${'a'.repeat(8_193)} ${OLD}`],
    ['more than 64 KiB', `Hawk ${OLD} ${'a'.repeat(70_000)}`],
  ])('reads the header of a request with another scheme up to the limits: %s', (_what, header) => {
    const found = ofRequest(header);
    expect(found).toContain(OLD);
    expect(found.length).toBeLessThanOrEqual(8);
    expect(() => tokenCandidates([header], true)).toThrow(InvalidTokenException);
  });

  it('returns the results of usual parsers first, and words last', () => {
    const header = `x\ta.b.cc ${OLD}`;
    expect(ofRequest(header).slice(0, 3)).toEqual([header, OLD, `c ${OLD}`]);
    expect(ofRequest(`Token a ${OLD} b`).slice(-3)).toEqual([OLD, 'Token', 'b']);
  });

  it('refuses a handshake’s text that is longer than the limit of all candidates', () => {
    for (const text of [`Bearer${' '.repeat(9_000)}${OLD}`, `x ${'a'.repeat(9_000)}`, ' x '.repeat(400_000)])
      expect(() => tokenCandidates([text], true)).toThrow(InvalidTokenException);
  });

  it.each([
    [OLD, true],
    ['a.b', false],
    ['a.b.c.d', false],
    [`"${OLD}"`, false],
    [`${OLD} `, false],
  ])('tells whether %s is a JWT', (candidate, is) => {
    expect(isJwt(candidate)).toBe(is);
  });

  it('reads long texts without quadratic time', () => {
    const before = performance.now();
    for (const junk of [
      ' '.repeat(1_000_000),
      'a.'.repeat(500_000),
      ', '.repeat(500_000),
      'Basic ,'.repeat(150_000),
      'bearer'.repeat(160_000),
      'a.b.c '.repeat(160_000),
      'jwt '.repeat(250_000),
      `${'a'.repeat(8_000)} ${[...Array(20_000).keys()].join(' ')}`,
    ])
      for (const text of [junk, `Bearer ${junk}x`, `x ${junk}x`])
        try {
          ofRequest(text);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidTokenException);
        }
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});
