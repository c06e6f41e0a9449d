import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { BODY_DEADLINE_MS, MAX_BODY_BYTES, readWebhookBody, type WebhookBody } from './webhook-message.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };

const incoming = (stream: Readable, headers: IncomingHttpHeaders) =>
  Object.assign(stream, { headers }) as unknown as IncomingMessage;

const read = (body: string | Buffer, headers: IncomingHttpHeaders = JSON_TYPE): Promise<WebhookBody> =>
  readWebhookBody(incoming(Readable.from([Buffer.from(body)]), headers));

const refused = (status: number, message: string) => ({ kind: 'refused', status, message });
const TOO_LARGE = refused(413, 'The body must not be larger than 8192 bytes.');
const NO_SUCH_TYPE = refused(
  415,
  'The content type must be application/json or application/x-www-form-urlencoded.',
);

describe('the body of a webhook request', () => {
  it('is read as JSON', async () => {
    expect(await read('{"type":"t","user_token":"ü"}')).toEqual({
      kind: 'body',
      value: { type: 't', user_token: 'ü' },
    });
  });

  it('is read as a form', async () => {
    const body = await read('type=User_Logged_Out&user_token=a%2Bb+c', FORM_TYPE);
    expect(body.kind === 'body' && { ...(body.value as object) }).toEqual({
      type: 'User_Logged_Out',
      user_token: 'a+b c',
    });
  });

  it.each([
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'APPLICATION/JSON; Charset=utf8',
    'application/json; charset=us-ascii',
    ' application/json ; boundary=x',
  ])('may be declared as %s', async (contentType) => {
    expect(await read('{}', { 'content-type': contentType })).toEqual({ kind: 'body', value: {} });
  });

  it.each([
    undefined,
    '',
    'text/plain',
    'application/jsonp',
    'application/json+x',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    'application/json; charset=iso-8859-1',
    'application/x-www-form-urlencoded; charset=latin1',
  ])('may not be declared as %s', async (contentType) => {
    expect(await read('{}', contentType === undefined ? {} : { 'content-type': contentType })).toEqual(
      NO_SUCH_TYPE,
    );
  });

  it.each(['gzip', 'br', 'deflate', 'identity, gzip'])('may not be compressed by %s', async (encoding) => {
    expect(await read('{}', { ...JSON_TYPE, 'content-encoding': encoding })).toEqual(
      refused(415, 'The body must not be compressed.'),
    );
  });

  it.each(['identity', 'Identity'])('may be declared as uncompressed: %s', async (encoding) => {
    expect(await read('{}', { ...JSON_TYPE, 'content-encoding': encoding })).toMatchObject({ kind: 'body' });
  });

  it.each(['', '{', '{"type":"secret', "{'type':1}", 'undefined'])('must be valid JSON: %s', async (text) => {
    expect(await read(text)).toEqual(refused(400, 'The body is not valid JSON.'));
  });

  it.each([JSON_TYPE, FORM_TYPE])('must be valid UTF-8: %j', async (headers) => {
    expect(await read(Buffer.from([0x22, 0xff, 0xfe, 0x22]), headers)).toEqual(
      refused(400, 'The body is not valid UTF-8.'),
    );
  });

  it('may arrive in chunks that split a character', async () => {
    const bytes = Buffer.from('{"a":"ü"}');
    const pieces = [...bytes].map((byte) => Buffer.from([byte]));
    expect(await readWebhookBody(incoming(Readable.from(pieces), JSON_TYPE))).toEqual({
      kind: 'body',
      value: { a: 'ü' },
    });
  });

  it.each(['a=1&a=2', 'a=1&a=1', 'user_token=x&type=y&user_token=z'])(
    'may not contain a form field twice: %s',
    async (text) => {
      expect(await read(text, FORM_TYPE)).toEqual(refused(400, 'A form field is given twice.'));
    },
  );

  it('may contain form fields with the names of object members', async () => {
    const body = await read('__proto__=a&constructor=b&toString=c', FORM_TYPE);
    expect(body.kind === 'body' && Object.entries(body.value as object)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['toString', 'c'],
    ]);
  });
});

describe('a body that the application has already read', () => {
  const readBefore = async (body: unknown, headers: IncomingHttpHeaders = JSON_TYPE) => {
    const stream = Readable.from([Buffer.from('x')]).resume();
    await new Promise((resolve) => stream.once('end', resolve));
    return readWebhookBody(incoming(stream, headers), body);
  };
  const forms: [string, (text: string) => unknown][] = [
    ['bytes', (text) => Buffer.from(text)],
    ['other bytes', (text) => new TextEncoder().encode(text)],
    ['text', (text) => text],
  ];

  describe.each(forms)('and is %s', (_form, bodyOf) => {
    it('is parsed by its content type', async () => {
      expect(await readBefore(bodyOf('{"type":"t","user_token":"ü"}'))).toEqual({
        kind: 'body',
        value: { type: 't', user_token: 'ü' },
      });
      const body = await readBefore(bodyOf('type=t&user_token=a%2Bb'), FORM_TYPE);
      expect(body.kind === 'body' && { ...(body.value as object) }).toEqual({ type: 't', user_token: 'a+b' });
    });

    it.each([undefined, 'text/plain', 'application/json; charset=utf-16'])(
      'may not be declared as %s',
      async (contentType) => {
        const headers = contentType === undefined ? {} : { 'content-type': contentType };
        expect(await readBefore(bodyOf('{}'), headers)).toEqual(NO_SUCH_TYPE);
      },
    );

    it('may not have been compressed', async () => {
      const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' };
      expect(await readBefore(bodyOf('{}'), headers)).toMatchObject({ status: 415 });
    });

    it('must be valid', async () => {
      expect(await readBefore(bodyOf(''))).toEqual(refused(400, 'The body is not valid JSON.'));
      expect(await readBefore(bodyOf('a=1&a=2'), FORM_TYPE)).toMatchObject({ status: 400 });
    });

    it('may be as large as the limit, and no larger', async () => {
      const quoted = (bytes: number) => bodyOf(`"${'ü'.repeat(bytes / 2 - 1)}"`);
      expect(await readBefore(quoted(MAX_BODY_BYTES))).toMatchObject({ kind: 'body' });
      expect(await readBefore(quoted(MAX_BODY_BYTES + 2))).toEqual(TOO_LARGE);
    });
  });

  it('must be valid UTF-8', async () => {
    expect(await readBefore(Buffer.from([0x22, 0xff, 0x22]))).toEqual(
      refused(400, 'The body is not valid UTF-8.'),
    );
  });

  it.each([{ type: 't' }, [], null, undefined, 7])(
    'is used unchanged when it is parsed: %j',
    async (body) => {
      const headers = { ...JSON_TYPE, 'content-length': String(MAX_BODY_BYTES) };
      expect(await readBefore(body, headers)).toEqual({ kind: 'body', value: body });
    },
  );

  it.each<[IncomingHttpHeaders, number]>([
    [{}, 411],
    [{ 'transfer-encoding': 'chunked' }, 411],
    [{ 'transfer-encoding': 'chunked', 'content-length': '2' }, 411],
    [{ 'content-length': String(MAX_BODY_BYTES + 1) }, 413],
    [{ 'content-length': '2', 'content-encoding': 'gzip' }, 415],
    [{ 'content-length': '2', 'content-type': 'text/plain' }, 415],
  ])('is refused when it is parsed and declared as %j', async (headers, status) => {
    expect(await readBefore({ type: 't' }, { ...JSON_TYPE, ...headers })).toMatchObject({ status });
  });

  it('is refused when it has been read in part', async () => {
    const stream = new PassThrough();
    stream.write('{"type":"x"}');
    await new Promise((resolve) => stream.once('data', resolve));
    stream.pause().end('{"type":"t","user_token":"u"}');
    expect(await readWebhookBody(incoming(stream, JSON_TYPE), { type: 't' })).toEqual(
      refused(400, 'The body has been read before.'),
    );
  });
});

describe('the size of a webhook request', () => {
  const quoted = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`;

  it('may be as large as the limit', async () => {
    expect(await read(quoted(MAX_BODY_BYTES))).toMatchObject({ kind: 'body' });
  });

  it('may not exceed the limit in received bytes', async () => {
    expect(await read(quoted(MAX_BODY_BYTES + 1))).toEqual(TOO_LARGE);
    expect(await read(quoted(MAX_BODY_BYTES + 1), { ...JSON_TYPE, 'content-length': '2' })).toEqual(
      TOO_LARGE,
    );
  });

  it('may not exceed the limit in Content-Length, and then no byte is read', async () => {
    const stream = new PassThrough();
    const headers = { ...JSON_TYPE, 'content-length': String(MAX_BODY_BYTES + 1) };
    expect(await readWebhookBody(incoming(stream, headers))).toEqual(TOO_LARGE);
    expect(stream.listenerCount('data')).toBe(0);
  });

  it('is refused as soon as it exceeds the limit, before the end of the body', async () => {
    const stream = new PassThrough();
    const body = readWebhookBody(incoming(stream, JSON_TYPE));
    stream.write(Buffer.alloc(MAX_BODY_BYTES));
    stream.write(Buffer.alloc(1));
    expect(await body).toEqual(TOO_LARGE);
  });
});

describe('reading from a sender', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('ends with 408 when the sender is too slow', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const stream = new PassThrough();
    const ended = jest.fn();
    const body = readWebhookBody(incoming(stream, JSON_TYPE)).then((result) => {
      ended();
      return result;
    });
    stream.write('{');
    await jest.advanceTimersByTimeAsync(BODY_DEADLINE_MS - 1);
    expect(ended).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(await body).toEqual(refused(408, 'The body must arrive within 5 seconds.'));
  });

  it('leaves no listener and no timer when the sender is gone', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    const stream = new PassThrough();
    const body = readWebhookBody(incoming(stream, JSON_TYPE));
    stream.write('{');
    stream.destroy();
    expect(await body).toEqual({ kind: 'gone' });
    expect(jest.getTimerCount()).toBe(0);
    expect(stream.listenerCount('data')).toBe(0);
  });

  it('ends when the connection breaks', async () => {
    const stream = new PassThrough();
    const body = readWebhookBody(incoming(stream, JSON_TYPE));
    stream.destroy(new Error('ECONNRESET'));
    expect(await body).toEqual({ kind: 'gone' });
  });

  it('ends when the sender closes the connection of a real request', async () => {
    const bodies: Promise<WebhookBody>[] = [];
    const server = createServer((message) => bodies.push(readWebhookBody(message)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const sending = request({ port, host: '127.0.0.1', method: 'POST', headers: JSON_TYPE });
    sending.on('error', () => undefined);
    sending.write('{"type":');
    await new Promise((resolve) => server.once('request', resolve));
    sending.destroy();
    expect(await bodies[0]).toEqual({ kind: 'gone' });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
