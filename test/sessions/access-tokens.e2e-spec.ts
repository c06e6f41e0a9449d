import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  bearerToken,
  jwtSession,
  SessionReader,
  type SessionRequest,
  type TokenSource,
} from 'nestjs-meveto-logout';
import { jwtService, TokenPages, tokenOf } from '../support/hosts/token-host.js';
import { GuardedHost } from '../support/hosts/guarded-host.js';

const split = (token: string, inserted: string): string => token.slice(0, 9) + inserted + token.slice(9);

/** Headers whose token an application accepts, by the way it parses them. */
const FORMS: readonly (readonly [parser: string, form: string, header: (token: string) => string])[] = [
  ['split', 'Bearer', (token) => `Bearer ${token}`],
  ['split', 'JWT', (token) => `JWT ${token}`],
  ['split', 'another word', (token) => `x ${token} y`],
  ['slice', 'a colon', (token) => `Bearer: ${token}`],
  ['slice', 'an underscore', (token) => `Bearer_${token}`],
  ['slice', 'any 7 characters', (token) => `xxxxxxx${token}`],
  ['slice', 'a tab', (token) => `Bearer\t${token}`],
  ['slice', 'a space that does not break', (token) => `Bearer\u00a0${token}`],
  ['slice', 'many spaces', (token) => `Bearer${' '.repeat(500)}${token}`],
  ['replace', 'nothing', (token) => token],
  ['replace', 'the scheme within', (token) => split(token, 'Bearer ')],
  ['unnamed', 'the scheme alone', (token) => `Bearer${token}`],
  ['last', 'two words', (token) => `x Bearer ${token}`],
  ['last', 'the scheme twice', (token) => `Bearer Bearer ${token}`],
  ['after', 'another scheme', (token) => `Basic dXNlcjpwYXNz, Bearer ${token}`],
  ['match', 'a list', (token) => `x, bearer${token}, y`],
  ['colon', 'a colon alone', (token) => `Token:${token}`],
  ['quoted', 'quotes', (token) => `Token token="${token}"`],
  ['quoted', 'quotes after a JWT', (token) => `Bearer a.b.c="${token}"`],
  ['semicolon', 'a semicolon', (token) => `Bearer a.b.c;${token}`],
  ['second', 'much white space and another scheme', (token) => `Token${' '.repeat(9_000)}${token}`],
  ['slice', 'much white space and a word', (token) => `x${' '.repeat(9_000)}${token}`],
  ['all', 'the scheme twice', (token) => `BearerBearer${token}`],
  ['all', 'the scheme within, with two spaces', (token) => split(token, 'Bearer  ')],
  ['after', 'the scheme twice in different cases', (token) => `bearerBearer ${token}`],
  ['match', 'credentials without a separator', (token) => `Basic xBearer ${token}`],
  ['match', 'credentials and a semicolon', (token) => `Basic x;Bearer ${token}`],
  ['cut4', 'JWT and an underscore', (token) => `JWT_${token}`],
  ['cut4', 'JWT and a colon', (token) => `JWT:${token}`],
  ['last', 'many words', (token) => `x a b c d e f g h i ${token}`],
];

describe.each(['express', 'fastify'] as const)('an access token of an HTTP request on %s', (adapter) => {
  let host: GuardedHost;
  const verify = jest.fn((token: string) => jwtService.verify<object>(token));
  beforeEach(() => {
    verify.mockClear();
  });
  afterEach(() => host.end());
  const start = (session: SessionReader | SessionReader[] = jwtSession({ jwtService: { verify } })) =>
    GuardedHost.start({
      adapter,
      options: { session, whenLoggedOut: { clearCookies: ['jwt'] } },
      metadata: { controllers: [TokenPages] },
    });
  const get = async (path: string, headers: Record<string, string>) => {
    const answer = await host.request('GET', path, { accept: 'application/json', ...headers });
    const { reason } = (answer.text.startsWith('{') ? JSON.parse(answer.text) : {}) as { reason?: string };
    return { ...answer, reason };
  };

  it('is checked in every form that an application may accept', async () => {
    host = await start();
    const old = await tokenOf(host.service, 7);
    const ask = async (token: string) => {
      const found: unknown[] = [];
      for (const [parser, form, header] of FORMS) {
        const { status, text, reason } = await get(`/api/${parser}`, { authorization: header(token) });
        found.push([parser, form, status, reason ?? text]);
      }
      return found;
    };
    const served = FORMS.map(([parser, form]) => [parser, form, 200, '7']);
    expect(await ask(old)).toEqual(served);
    await host.logOut(7);
    expect(await ask(old)).toEqual(FORMS.map(([parser, form]) => [parser, form, 401, 'logged-out']));
    expect(await ask(await tokenOf(host.service, 7))).toEqual(served);
  });

  it('passes beside a later token of the same user, and is refused beside a token of another user', async () => {
    host = await start();
    const old = await tokenOf(host.service, 7);
    await host.logOut(7);
    const [now, other] = [await tokenOf(host.service, 7), await tokenOf(host.service, 8)];
    for (const authorization of [`Bearer ${now}, Bearer ${old}`, `${old} ${now}`])
      expect(await get('/public', { authorization })).toMatchObject({ status: 200 });
    const beside = await get('/public', { authorization: `Bearer ${other}, Bearer ${old}` });
    expect(beside).toMatchObject({ status: 401, reason: 'logged-out' });
  });

  it('is read only from the Authorization header', async () => {
    host = await start();
    const old = await tokenOf(host.service, 7);
    await host.logOut(7);
    const headers = {
      cookie: `token=${old}`,
      'x-refresh-token': old,
      'proxy-authorization': `Bearer ${old}`,
    };
    expect(await get(`/public?token=${old}&authorization=${old}`, headers)).toMatchObject({ status: 200 });
    expect(await get('/public', { authorization: `Basic ${old}` })).toMatchObject({ status: 200 });
    expect(verify).not.toHaveBeenCalled();
  });

  it('is verified once per request, refused or not', async () => {
    host = await start();
    const old = await tokenOf(host.service, 7);
    await get('/api/split', { authorization: `Bearer ${old}` });
    await host.logOut(7);
    await get('/api/split', { authorization: `Bearer ${old}`, accept: 'text/html' });
    expect(verify.mock.calls).toEqual([[old], [old]]);
  });

  it.each([
    ['Bearer', (junk: string) => `Bearer ${junk}`],
    ['JWT', (junk: string) => `JWT ${junk}`],
    ['no scheme', (junk: string) => junk],
  ])(
    'is refused in 12 KiB of junk with %s, anywhere, after 8 verifications at most',
    async (_scheme, headerOf) => {
      host = await start();
      const junk = [...Array(1_500).keys()].map((number) => `a.b.${String(number)}`).join(' ');
      const headers = { authorization: headerOf(junk.slice(0, 12_288)) };
      for (const path of ['/public', '/login', '/meveto/session']) {
        verify.mockClear();
        const answer = await get(path, headers);
        expect(answer).toMatchObject({ status: 401, reason: 'invalid-token' });
        expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'www-authenticate': 'Bearer' });
        expect(verify.mock.calls.length).toBeLessThanOrEqual(8);
      }
    },
  );

  it('is also checked as an opaque token, with the characters that separate words', async () => {
    const since = 1_000;
    const verifyOpaque = (token: string) =>
      token === '7:a,b' ? { userId: 7, signedInAt: since } : undefined;
    host = await start(bearerToken({ verify: verifyOpaque }));
    await host.logOut(7);
    for (const scheme of ['Bearer', 'JWT', 'Token', 'x', 'Bearer:'])
      expect(await get('/public', { authorization: `${scheme} 7:a,b` })).toMatchObject({
        reason: 'logged-out',
      });
  });

  it('is refused after other values and a space in a header without a scheme', async () => {
    host = await start();
    const old = await tokenOf(host.service, 7);
    for (const authorization of [
      `x\ta.b.c,d.e.f,g,h,i,j,k ${old}`,
      `x\u00a0b,c,d,e,f,g,h,i ${old}`,
      `a\tb:c:d:e:f:g:h:i ${old}`,
    ])
      expect(await get('/api/split', { authorization })).toMatchObject({
        status: 401,
        reason: 'invalid-token',
      });
    for (const scheme of ['Acme.v2', 'X+Y'])
      expect(await get('/public', { authorization: `${scheme} a b c d e f g h i` })).toMatchObject({
        status: 200,
      });
  });

  it('is verified once by each of two readers, which share the limit per request', async () => {
    const verifyOther = jest.fn<(token: string) => undefined>();
    host = await start([jwtSession({ jwtService: { verify } }), bearerToken({ verify: verifyOther })]);
    const eight = [1, 2, 3, 4, 5, 6, 7, 8].map((part) => `a.b.${String(part)}`);
    const authorization = eight.slice(0, 6).join(',');
    expect(await get('/public', { authorization: `Bearer ${authorization}` })).toMatchObject({ status: 200 });
    for (const { mock } of [verify, verifyOther]) {
      const tokens = mock.calls.map(([token]) => token);
      expect(tokens).toEqual([...new Set(tokens)]);
      expect(tokens.length).toBeLessThanOrEqual(8);
    }
    verify.mockClear();
    verifyOther.mockClear();
    const refused = await get('/public', { authorization: `Bearer ${eight.join(' ')}` });
    expect(refused).toMatchObject({ status: 401, reason: 'invalid-token' });
    expect([verify, verifyOther].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
  });

  it('is refused beyond the limits with the same headers by an asynchronous reader', async () => {
    class Waiting extends SessionReader {
      readonly #inner = jwtSession({ jwtService });
      override async read(request: SessionRequest) {
        await Promise.resolve();
        return this.#inner.read(request);
      }
    }
    host = await start(new Waiting());
    const answer = await get('/public', { authorization: 'Bearer a b c d e f g h i' });
    expect(answer).toMatchObject({ status: 401, reason: 'invalid-token' });
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'www-authenticate': 'Bearer' });
  });

  it('is read up to the limits in a header with another scheme', async () => {
    host = await start();
    const old = await tokenOf(host.service, 7);
    await host.logOut(7);
    const junk = 'a.b.c '.repeat(2_000);
    expect(await get('/public', { authorization: `Hawk ${junk}` })).toMatchObject({ status: 200 });
    expect(await get('/public', { authorization: `Digest ${junk}` })).toMatchObject({ status: 200 });
    const refused = await get('/public', { authorization: `Hawk ${old} ${junk}` });
    expect(refused).toMatchObject({ status: 401, reason: 'logged-out' });
    expect(verify.mock.calls.length).toBeLessThanOrEqual(3 * 8);
  });

  describe('that the application names', () => {
    const cookieOf = ({ headers }: TokenSource) => /jwt=([^;]+)/.exec(headers.cookie ?? '')?.[1];

    it('is refused with 500 if the function returns a promise', async () => {
      const later = (source: TokenSource) => Promise.resolve(cookieOf(source)) as never;
      host = await start(jwtSession({ jwtService, token: later }));
      expect(await get('/public', { cookie: 'jwt=a' })).toMatchObject({ status: 500 });
    });

    it('is the only token that is checked', async () => {
      host = await start(jwtSession({ jwtService, token: cookieOf }));
      const old = await tokenOf(host.service, 7);
      await host.logOut(7);
      expect(await get('/public', { authorization: `Bearer ${old}` })).toMatchObject({ status: 200 });
      const refused = await get('/public', { cookie: `jwt=${old}` });
      expect(refused).toMatchObject({ status: 401, reason: 'logged-out' });
    });

    it.each(['jwt', 'named'])(
      'does not block the login page, in a cookie or the header: %s',
      async (name) => {
        const tokenFrom = (source: TokenSource) => cookieOf(source) ?? source.headers.authorization?.slice(7);
        host = await start(jwtSession({ jwtService, token: tokenFrom }));
        const old = await tokenOf(host.service, 7);
        await host.logOut(7);
        const headers = name === 'jwt' ? { cookie: `jwt=${old}` } : { authorization: `Bearer ${old}` };
        const page = { ...headers, accept: 'text/html' };
        expect(await get('/login', page)).toMatchObject({ status: 200, text: 'login' });
        expect(await get('/public', page)).toMatchObject({ status: 303 });
      },
    );
  });
});
