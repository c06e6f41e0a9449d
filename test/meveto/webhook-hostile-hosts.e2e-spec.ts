import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hostileHost } from '../support/hosts/hostile-host.js';
import { post, type RawAnswer, rawHttp } from '../support/network/raw-http.js';
import { type HostClient, World } from '../support/world.js';

type Pieces = readonly (string | Buffer | number)[];

const PATH = '/api/meveto/webhook';
const CANARY = 'CANARY-OF-THE-BODY';
const bodyOf = (token: string) => JSON.stringify({ type: 'User_Logged_Out', user_token: token });
const CHUNKED = ['Transfer-Encoding: chunked'];
const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const head = (method: string, path = PATH) => `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** Requests, and the status that both adapters answer. */
const probes: readonly [string, Pieces, number][] = [
  ['a webhook', post(PATH, bodyOf('t-1')), 202],
  [
    'a form',
    post(PATH, 'type=User_Logged_Out&user_token=t-2', ['Content-Type: application/x-www-form-urlencoded']),
    202,
  ],
  ['an unknown type', post(PATH, '{"type":"Brand_New"}'), 202],
  [
    'unknown additional fields',
    post(PATH, '{"type":"User_Logged_Out","user_token":"t-3","more":{"a":[1]}}'),
    202,
  ],
  ['a query string', post(`${PATH}?a=1`, bodyOf('t-4')), 202],
  [
    'a body in chunks',
    [
      ...post(PATH, '', CHUNKED).slice(0, 1),
      chunk('{"type":"User_Logged_Out",'),
      chunk('"user_token":"t-5"}'),
      '0\r\n\r\n',
    ],
    202,
  ],
  [
    'a slow body within the deadline',
    [
      ...post(PATH, '', ['Content-Length: 47']).slice(0, 1),
      '{"type":"User_Logged_Out",',
      200,
      '"user_token":"t-006"}',
    ],
    202,
  ],
  ['Expect: 100-continue', post(PATH, bodyOf('t-7'), ['Expect: 100-continue']), 202],
  [
    'a duplicate key, whose last value counts,',
    post(PATH, '{"type":"x","type":"User_Logged_Out","user_token":"t-8"}'),
    202,
  ],
  [
    '__proto__ beside the fields',
    post(PATH, '{"__proto__":{"type":"x"},"type":"User_Logged_Out","user_token":"t-9"}'),
    202,
  ],
  ['a page of another site', post(PATH, bodyOf('t-10'), ['Origin: https://evil.example']), 202],

  ['another case', post('/api/Meveto/webhook', bodyOf('p')), 404],
  ['a trailing slash', post(`${PATH}/`, bodyOf('p')), 404],
  ['doubled slashes', post('/api//meveto/webhook', bodyOf('p')), 404],
  ['an encoded letter', post('/api/meveto/%77ebhook', bodyOf('p')), 404],
  ['an encoded slash', post('/api/meveto%2Fwebhook', bodyOf('p')), 404],
  ['a parameter after a semicolon', post(`${PATH};a=1`, bodyOf('p')), 404],
  ['an absolute URL', post(`http://localhost${PATH}`, bodyOf('p')), 404],
  ['a path below', post(`${PATH}/anything`, bodyOf('p')), 404],
  ['the path without the prefix', post('/meveto/webhook', bodyOf('p')), 404],

  ['GET', [head('GET')], 405],
  ['HEAD', [head('HEAD')], 405],
  [
    'PUT with a body',
    [
      `PUT ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
    ],
    405,
  ],
  ['DELETE', [head('DELETE')], 405],
  [
    'a CORS preflight',
    [
      `OPTIONS ${PATH} HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n\r\n`,
    ],
    405,
  ],

  ['no body', post(PATH, ''), 400],
  ['cut-off JSON', post(PATH, `{"user_token":"${CANARY}",`), 400],
  ['JSON with a comment', post(PATH, `/* ${CANARY} */ {}`), 400],
  ['an array', post(PATH, `["${CANARY}"]`), 400],
  ['a string', post(PATH, `"${CANARY}"`), 400],
  ['a number', post(PATH, '7'), 400],
  ['null', post(PATH, 'null'), 400],
  ['no token', post(PATH, '{"type":"User_Logged_Out"}'), 400],
  ['a token in an object', post(PATH, `{"type":"User_Logged_Out","user_token":{"${CANARY}":1}}`), 400],
  ['a token that is too long', post(PATH, bodyOf(CANARY.repeat(150))), 400],
  ['a token with a line break', post(PATH, bodyOf(`${CANARY}\n`)), 400],
  ['everything in __proto__', post(PATH, '{"__proto__":{"type":"User_Logged_Out","user_token":"t"}}'), 400],
  ['deep nesting', post(PATH, '['.repeat(4_000) + ']'.repeat(4_000)), 400],
  ['bytes that are no UTF-8', post(PATH, Buffer.from([0x22, 0xff, 0xfe, 0x22])), 400],
  [
    'a form field twice',
    post(PATH, `type=User_Logged_Out&user_token=${CANARY}&user_token=b`, [
      'Content-Type: application/x-www-form-urlencoded',
    ]),
    400,
  ],

  ['text/plain', post(PATH, bodyOf(CANARY), ['Content-Type: text/plain']), 415],
  ['multipart', post(PATH, bodyOf(CANARY), ['Content-Type: multipart/form-data; boundary=x']), 415],
  ['no content type', post(PATH, bodyOf(CANARY), ['Content-Type:']), 415],
  ['a broken content type', post(PATH, bodyOf(CANARY), ['Content-Type: ;;/']), 415],
  ['another charset', post(PATH, bodyOf(CANARY), ['Content-Type: application/json; charset=utf-16']), 415],
  ['a compressed body', post(PATH, bodyOf(CANARY), ['Content-Encoding: gzip']), 415],

  ['a large body', post(PATH, bodyOf(CANARY.repeat(1_000))), 413],
  ['a large Content-Length without a body', post(PATH, '', ['Content-Length: 8193']), 413],
  [
    'a large body in chunks',
    [...post(PATH, '', CHUNKED).slice(0, 1), chunk(CANARY.repeat(300)), chunk(CANARY.repeat(300))],
    413,
  ],
  [
    'a body that does not arrive',
    [...post(PATH, '', ['Content-Length: 20']).slice(0, 1), '{"type":', 6_000],
    408,
  ],
];

/** Requests that do not reach the module: Node's parser or Fastify's router answers, each with its own text. */
const malformed: readonly [string, Pieces][] = [
  ['a broken encoding', post(`${PATH}/%E0%A4%A`, bodyOf('p'))],
  ['two lengths that differ', post(PATH, '{}', ['Content-Length: 2', 'Content-Length: 3'])],
  ['a length that is no number', post(PATH, '{}', ['Content-Length: two'])],
  ['an unknown expectation', post(PATH, '{}', ['Expect: tea'])],
];

describe('the webhook of an application whose global parts would break it', () => {
  let world: World;
  const hosts: HostClient[] = [];
  beforeAll(async () => {
    world = await World.create();
    for (const adapter of ['express', 'fastify'] as const) {
      hosts.push(await world.start({ adapter, ...hostileHost }));
    }
  });
  afterAll(() => world.end());

  it.each(probes)(
    'answers %s with the same status on Express and on Fastify',
    async (_what, pieces, status) => {
      const answers = await Promise.all(hosts.map(({ url }) => rawHttp(url, pieces)));
      const [onExpress, onFastify] = answers as [RawAnswer, RawAnswer];
      expect(onExpress).toEqual(onFastify);
      expect(onExpress.status).toBe(status);
      expect(JSON.stringify(answers)).not.toContain('CANARY');
      expect(Object.keys(onExpress.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    },
    12_000,
  );

  it.each(malformed)('refuses %s on both adapters, and quotes nothing', async (_what, pieces) => {
    for (const { url } of hosts) {
      const answer = await rawHttp(url, pieces);
      expect(Math.floor(answer.status / 100)).toBe(4);
      expect(answer.body).not.toContain('CANARY');
    }
  });

  it.each(['a', 'b'])('still accepts webhooks afterwards (%s)', async (token) => {
    for (const { url } of hosts) expect((await rawHttp(url, post(PATH, bodyOf(token)))).status).toBe(202);
  });

  it('has one row and one exchange for every accepted webhook', async () => {
    const taken = new Set([
      't-1',
      't-2',
      't-3',
      't-4',
      't-5',
      't-006',
      't-7',
      't-8',
      't-9',
      't-10',
      'a',
      'b',
    ]);
    const [host] = hosts as [HostClient];
    await host.untilJobs('rejected', taken.size, 10_000);
    expect(world.proxy.count('/api/client/user-for-token')).toBe(taken.size);
  });
});

describe('the webhook on a secret path', () => {
  const secretPath = 'a-secret-of-thirty-characters-1';
  const secret = `/meveto/webhook/${secretPath}`;
  let world: World;
  const hosts: HostClient[] = [];
  beforeAll(async () => {
    world = await World.create();
    for (const adapter of ['express', 'fastify'] as const) {
      hosts.push(await world.start({ adapter, options: { webhook: { secretPath } } }));
    }
  });
  afterAll(() => world.end());

  it.each([
    ['no secret', '/meveto/webhook'],
    ['a wrong secret', '/meveto/webhook/wrong'],
    ['an additional letter', `${secret}x`],
    ['another case', secret.toUpperCase()],
    ['a trailing slash', `${secret}/`],
    ['an encoded letter', secret.replace('secret', '%73ecret')],
  ])('answers 404 to %s before a byte of the body has arrived', async (_what, path) => {
    const announced = post(path, '', ['Content-Length: 5000']).slice(0, 1);
    for (const { url } of hosts) expect((await rawHttp(url, announced)).status).toBe(404);
  });

  it('accepts webhooks with the secret', async () => {
    for (const { url } of hosts) {
      expect((await rawHttp(url, post(secret, bodyOf('t')))).status).toBe(202);
      expect((await rawHttp(url, [head('GET', secret)])).status).toBe(405);
      expect((await rawHttp(url, [head('GET', '/meveto/webhook')])).status).toBe(404);
    }
  });
});
