import { connect, type ClientHttp2Session, constants } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { bearerToken, MevetoLogoutModule, MevetoLogoutService } from 'nestjs-meveto-logout';
import { pusher } from 'nestjs-meveto-logout/pusher';
import { memoryStore } from 'nestjs-meveto-logout/testing';
import { CLIENT_ID, CLIENT_SECRET } from '../support/hosts/host-app.js';
import { until } from '../support/until.js';

interface Answer {
  readonly status: number;
  readonly body: { readonly reason?: string; readonly state?: string; readonly auth?: string };
}

/** HTTP/2 requests name their host in `:authority`, and have no `Host`. */
describe('over HTTP/2', () => {
  let app: NestFastifyApplication;
  let session: ClientHttp2Session;
  let own: string;
  beforeAll(async () => {
    const testing = await Test.createTestingModule({
      imports: [
        MevetoLogoutModule.forRoot({
          clientId: CLIENT_ID,
          clientSecret: CLIENT_SECRET,
          apiUrl: 'http://127.0.0.1:9',
          store: memoryStore(),
          session: bearerToken({
            verify: (token) => (token === 'good' ? { userId: 7, signedInAt: Date.now() } : undefined),
          }),
          livePush: pusher({
            key: 'key',
            cluster: 'eu',
            server: {
              triggerBatch: () => Promise.resolve(),
              authorizeChannel: (socketId, channel) => ({ auth: `${socketId}:${channel}` }),
            },
          }),
        }),
      ],
    }).compile();
    app = testing.createNestApplication<NestFastifyApplication>(new FastifyAdapter({ http2: true }), {
      logger: false,
      forceCloseConnections: true,
    });
    await app.listen(0, '127.0.0.1');
    own = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    session = connect(own);
  });
  afterAll(async () => {
    session.destroy();
    await app.close();
  });

  function send(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const stream = session.request(
        { ':method': method, ':path': path, 'content-type': 'application/json', ...headers },
        { endStream: body === undefined },
      );
      let status = 0;
      let text = '';
      stream.setEncoding('utf8');
      stream.on('response', (answered) => (status = Number(answered[constants.HTTP2_HEADER_STATUS])));
      stream.on('data', (chunk: string) => (text += chunk));
      stream.on('end', () => {
        resolve({ status, body: JSON.parse(text) as Answer['body'] });
      });
      stream.on('error', reject);
      if (body !== undefined) stream.end(body);
    });
  }

  it('answers own pages that there is no session, and refuses other pages', async () => {
    const none = { status: 401, body: { reason: 'not-logged-in' } };
    expect(await send('GET', '/meveto/session', { origin: own })).toMatchObject(none);
    expect(await send('GET', '/meveto/session')).toMatchObject(none);
    expect(await send('GET', '/meveto/session', { origin: 'https://evil.example' })).toMatchObject({
      status: 200,
      body: { state: 'unknown' },
    });
  });

  it('authorizes own pages at the Pusher route, and refuses other pages', async () => {
    const authorization = 'Bearer good';
    const authorized = await send('GET', '/meveto/pusher', { authorization, origin: own });
    const { channels } = authorized.body as { channels?: { name: string }[] };
    const body = JSON.stringify({ socket_id: '1.2', channel_name: channels?.[0]?.name });
    const subscribe = (origin: string) => send('POST', '/meveto/pusher', { authorization, origin }, body);
    expect(await subscribe(own)).toMatchObject({
      status: 200,
      body: { auth: expect.stringMatching(/^1\.2:/) },
    });
    expect(await subscribe('https://evil.example')).toMatchObject({ status: 403 });
  });

  it('accepts webhooks, and refuses other requests without a process warning', async () => {
    const warned: string[] = [];
    const onWarning = ({ message }: Error): void => void warned.push(message);
    process.on('warning', onWarning);
    const service = app.get(MevetoLogoutService);
    const webhook = JSON.stringify({ type: 'User_Logged_Out', user_token: 'token' });
    expect(await send('POST', '/meveto/webhook', {}, webhook)).toMatchObject({ status: 202 });
    await until('the stored job', async () => (await service.status()).calls.pending === 1);
    const long = JSON.stringify({ x: 'x'.repeat(40_000) });
    expect(await send('POST', '/meveto/webhook', {}, long)).toMatchObject({ status: 413 });
    expect(await send('POST', '/meveto/webhook', { 'content-type': 'text/plain' }, long)).toMatchObject({
      status: 415,
    });
    expect(await send('PUT', '/meveto/webhook', {}, webhook)).toMatchObject({ status: 405 });
    expect(await send('GET', '/meveto/webhook')).toMatchObject({ status: 405 });
    process.off('warning', onWarning);
    expect(warned).toEqual([]);
    expect(session.destroyed).toBe(false);
  });

  it('closes only the stream of a refused body that never ends', async () => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/meveto/webhook',
      'content-type': 'text/plain',
    });
    const closed = new Promise<number>((resolve) =>
      stream.on('close', () => {
        resolve(stream.rstCode);
      }),
    );
    stream.on('error', () => undefined).resume();
    stream.write('x');
    expect(await closed).toBe(constants.NGHTTP2_NO_ERROR);
    expect(await send('GET', '/meveto/session')).toMatchObject({ status: 401 });
  });
});
