import { afterEach, describe, expect, it } from '@jest/globals';
import { databaseKind } from '../support/database.js';
import { defaultHttpAdapter } from '../support/hosts/http-adapters.js';
import { LiveSocket } from '../support/live/live-socket.js';
import { post, rawHttp } from '../support/network/raw-http.js';
import { seen, shown } from '../support/secrets/secret-search.js';
import { canary, SecretWorld, WEBHOOK } from '../support/secrets/secret-world.js';
import { until } from '../support/until.js';

const EXCHANGE = '/api/client/user-for-token';

describe(`no answer contains a secret, on ${databaseKind} and ${defaultHttpAdapter}`, () => {
  let secrets: SecretWorld;
  afterEach(() => secrets.end());

  /** Tokens in the body, in the URL and in headers, with the expected status. */
  it.each<[number, (text: string) => readonly (string | Buffer | number)[]]>([
    [400, (text) => post(WEBHOOK, `{"type":"User_Logged_Out","user_token":"${text}"`)],
    [400, (text) => post(WEBHOOK, `{"type":"User_Logged_Out","user_token":["${text}"]}`)],
    [400, (text) => post(WEBHOOK, `{"type":["${text}"],"user_token":"${text}"}`)],
    [400, (text) => post(WEBHOOK, `user_token=${text}`, ['Content-Type: application/x-www-form-urlencoded'])],
    [404, (text) => post('/meveto/webhook', `{"type":"User_Logged_Out","user_token":"${text}"}`)],
    [404, (text) => post(`/meveto/webhook/${text}`, `{"type":"User_Logged_Out","user_token":"${text}"}`)],
    [405, () => [`PUT ${WEBHOOK} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`]],
    [413, (text) => post(WEBHOOK, `{"type":"User_Logged_Out","user_token":"${text.repeat(300)}"}`)],
    [415, (text) => post(WEBHOOK, text, ['Content-Type: text/plain'])],
    [415, (text) => post(WEBHOOK, text, [`Content-Type: application/${text}`])],
    [415, (text) => post(WEBHOOK, text, ['Content-Encoding: gzip'])],
    [202, (text) => post(WEBHOOK, `{"type":"${text}","user_token":"${text}"}`)],
  ])('when the answer is %d (%#)', async (status, piecesOf) => {
    secrets = await SecretWorld.start();
    const [inBody, inQuery, ...inHeaders] = Array.from({ length: 6 }, canary);
    const [head, ...body] = piecesOf(inBody ?? '');
    const withQuery = String(head)
      .replace(' HTTP/1.1', `?user_token=${String(inQuery)} HTTP/1.1`)
      .replace(
        'Host: localhost',
        [
          'Host: localhost',
          `X-User-Token: ${String(inHeaders[0])}`,
          `Authorization: Bearer ${String(inHeaders[1])}`,
          `Cookie: token=${String(inHeaders[2])}`,
          `User-Agent: ${String(inHeaders[3])}`,
        ].join('\r\n'),
      );
    const answer = await rawHttp(secrets.host.url, [withQuery, ...body]);
    secrets.received.push(seen(answer));
    expect(answer.status).toBe(status);
    await secrets.expectNone(inBody ?? '', inQuery ?? '', ...inHeaders);
  });

  it('when the address is not allowed', async () => {
    secrets = await SecretWorld.start({ webhook: { allowFrom: ['203.0.113.7'] } });
    const [inBody, inQuery, inHeader] = [canary(), canary(), canary()];
    expect(await secrets.send(inBody, `${WEBHOOK}?user_token=${inQuery}`, { 'x-token': inHeader })).toBe(403);
    await secrets.expectNone(inBody, inQuery, inHeader);
  });

  it('when errors reach code of the application', async () => {
    secrets = await SecretWorld.start();
    const token = secrets.world.meveto.issueUserToken('m-1');
    secrets.world.proxy.fault = (path) => (path === EXCHANGE ? 'lose-answer' : 'pass');
    await secrets.send(token);
    await until('a lost answer', () => Promise.resolve(secrets.world.proxy.count(EXCHANGE) > 0));
    secrets.world.proxy.fault = () => 'pass';
    await secrets.host.untilJobs('ambiguous', 1, 10_000);
    const failures = await Promise.allSettled([
      secrets.host.service.resolveJob('no such job', { userId: 1 }),
      secrets.host.service.recordLogin(4_711),
      secrets.host.service.listJobs({ state: 'nonsense' as 'pending' }),
    ]);
    for (const each of failures)
      secrets.received.push(each.status === 'rejected' ? shown(each.reason) : seen(each.value));
    expect(await secrets.expectNone(token)).toContain('ERR_MEVETO_UNKNOWN_USER');
  });

  it('when sockets show an invalid session', async () => {
    secrets = await SecretWorld.start();
    const texts = [canary(), canary(), canary()] as const;
    const sockets = [
      new LiveSocket(secrets.host.url, { token: texts[0] }),
      new LiveSocket(secrets.host.url, { cookie: `connect.sid=${texts[1]}` }),
      new LiveSocket(secrets.host.url, { token: texts[2], namespace: '/elsewhere' }),
    ];
    for (const socket of sockets) {
      await until('the disconnection', () => Promise.resolve(socket.received.length > 0));
      secrets.received.push(seen(socket.received));
      socket.close();
    }
    await secrets.expectNone(...texts);
  });
});
