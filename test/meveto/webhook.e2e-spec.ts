import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { databaseKind } from '../support/database.js';
import { type HostClient, World } from '../support/world.js';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

describe(`the webhook on ${databaseKind}`, () => {
  let world: World;
  let host: HostClient;
  beforeAll(async () => {
    world = await World.create();
    host = await world.start();
  });
  afterAll(() => world.end());

  it.each([
    ['truncated JSON', '{"type":'],
    ['an empty body', ''],
    ['an array', '[]'],
    ['a string', '"User_Logged_Out"'],
    ['null', 'null'],
    ['no type', '{"user_token":"t"}'],
    ['no token', '{"type":"User_Logged_Out"}'],
    ['a token in an array', '{"type":"User_Logged_Out","user_token":["t"]}'],
    ['a number for a token', '{"type":"User_Logged_Out","user_token":7}'],
    ['an empty token', '{"type":"User_Logged_Out","user_token":""}'],
    ['a token with a space', '{"type":"User_Logged_Out","user_token":"a b"}'],
    ['a token that is too long', JSON.stringify({ type: 'User_Logged_Out', user_token: 'x'.repeat(2_049) })],
    ['inherited properties', '{"__proto__":{"type":"User_Logged_Out","user_token":"t"}}'],
  ])('refuses %s with 400 and a JSON body', async (_what, body) => {
    const response = await host.post('/meveto/webhook', body);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toMatch(/json/);
    expect(await response.json()).toEqual({
      statusCode: 400,
      error: 'Bad Request',
      message: expect.any(String),
    });
  });

  it('never quotes a refused body', async () => {
    const response = await host.post('/meveto/webhook', '{"user_token":"CANARY-IN-BAD-BODY", oops');
    expect(await response.text()).not.toContain('CANARY');
  });

  it.each([
    ['text/plain', { 'content-type': 'text/plain' }, 415],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }, 415],
    ['a compressed body', { 'content-encoding': 'gzip' }, 415],
  ])('refuses %s', async (_what, headers, status) => {
    const response = await host.post(
      '/meveto/webhook',
      '{"type":"User_Logged_Out","user_token":"t"}',
      headers,
    );
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toMatch(/json/);
  });

  it.each([9_000, 300_000])('refuses a body of %i bytes with 413', async (size) => {
    const response = await host.post('/meveto/webhook', {
      type: 'User_Logged_Out',
      user_token: 'x'.repeat(size),
    });
    expect(response.status).toBe(413);
  });

  it('refuses a chunked body as soon as it grows too large', async () => {
    const answer = await raw(host.url, [
      'POST /meveto/webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
      `2710\r\n${'x'.repeat(10_000)}\r\n`,
    ]);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('allows only POST', async () => {
    const answer = await host.get('/meveto/webhook');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await host.get('/meveto/webhook/anything')).status).toBe(404);
    expect((await host.post('/meveto/webhook/anything', {})).status).toBe(404);
  });

  it('accepts a form as well as JSON', async () => {
    const body = new URLSearchParams({
      type: 'User_Logged_Out',
      user_token: world.meveto.issueUserToken('m-1'),
    });
    expect((await host.post('/meveto/webhook', body.toString(), FORM)).status).toBe(202);
    await host.untilJobs('applied', 1);
  });

  it('refuses a form with a repeated field', async () => {
    const response = await host.post(
      '/meveto/webhook',
      'type=User_Logged_Out&user_token=a&user_token=b',
      FORM,
    );
    expect(response.status).toBe(400);
  });

  it('gives the same answer to valid, invalid, repeated and unknown webhooks', async () => {
    const good = world.meveto.issueUserToken('m-1');
    const answers = [];
    for (const [token, type] of [
      [good, 'User_Logged_Out'],
      [good, 'User_Logged_Out'],
      ['forged-token', 'User_Logged_Out'],
      [world.meveto.issueUserToken('m-nobody'), 'User_Logged_Out'],
      ['whatever', 'Some_Later_Type'],
    ] as const) {
      const response = await host.webhook(token, type);
      answers.push([response.status, await response.text()]);
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set(['[202,"{\\"status\\":\\"accepted\\"}"]']),
    );
    await host.untilJobs('rejected', 1);
    await host.untilJobs('unknown_user', 1);
  });

  it('acknowledges and counts an unknown type, and stores no job', async () => {
    const before = await host.service.status();
    expect((await host.post('/meveto/webhook', { type: 'Brand_New', user_token: 'x' })).status).toBe(202);
    expect((await host.post('/meveto/webhook', { type: 'Brand_New' })).status).toBe(202);
    const after = await host.service.status();
    expect(after.counters.webhook_unknown_type - before.counters.webhook_unknown_type).toBe(2);
    expect(after.calls).toEqual(before.calls);
  });

  it('does not read the bodies of other routes', async () => {
    expect(await (await host.post('/echo', { large: 'x'.repeat(20_000) })).json()).toEqual({
      large: 'x'.repeat(20_000),
    });
  });
});

describe('the webhook on a secret path', () => {
  it('answers 404 without the secret', async () => {
    const secretPath = 'a-secret-of-thirty-characters-1';
    const world = await World.create();
    try {
      const host = await world.start({ options: { webhook: { secretPath } } });
      const webhook = { type: 'User_Logged_Out', user_token: 'forged' };
      for (const path of ['', '/wrong', `/${secretPath}x`, `/${secretPath}/more`]) {
        const response = await host.post(`/meveto/webhook${path}`, webhook);
        expect([path, response.status]).toEqual([path, 404]);
      }
      expect((await host.states()).pending + (await host.states()).rejected).toBe(0);
      expect((await host.post(`/meveto/webhook/${secretPath}`, webhook)).status).toBe(202);
      await host.untilJobs('rejected');
    } finally {
      await world.end();
    }
  });
});

function raw(url: string, parts: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(Number(port), hostname, () => {
      for (const part of parts) socket.write(part);
    });
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer in 5 s')));
    socket.on('data', (chunk) => {
      received += chunk.toString();
      socket.end();
    });
    socket.on('close', () => {
      resolve(received);
    });
    socket.on('error', reject);
  });
}
