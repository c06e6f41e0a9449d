import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { LoadTarget } from './load-target.js';

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const TOKEN_CHARS = 48;

/** Begins every token of this process; the rest counts up. Together as long and as unique as a token of Meveto's simulator. */
const TOKEN_PREFIX = randomBytes(18).toString('hex');
let tokens = 0;
const nextToken = (): string =>
  TOKEN_PREFIX + (tokens += 1).toString(16).padStart(TOKEN_CHARS - TOKEN_PREFIX.length, '0');

/** Makes the bytes of a target's requests. */
export function requestsOf(target: LoadTarget): () => string {
  const { method, path, port, cookies = [], isWebhook = false } = target;
  const bodyOf = (token: string): string => JSON.stringify({ type: 'User_Logged_Out', user_token: token });
  const head = [
    `${method} ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${String(port)}`,
    'Accept: */*',
    ...(isWebhook
      ? ['Content-Type: application/json', `Content-Length: ${String(bodyOf(nextToken()).length)}`]
      : []),
  ].join('\r\n');
  if (isWebhook) return () => `${head}\r\n\r\n${bodyOf(nextToken())}`;
  const texts = (cookies.length === 0 ? [''] : cookies.map((cookie) => `\r\nCookie: ${cookie}`)).map(
    (cookie) => `${head}${cookie}\r\n\r\n`,
  );
  let sent = 0;
  return () => texts[(sent += 1) % texts.length] ?? '';
}

/** One kept-alive connection that reads answers with a Content-Length. Less work than a general client: the server shall be the bottleneck. */
export class LoadConnection {
  #received: Buffer = Buffer.alloc(0);
  #settle: { resolve: () => void; reject: (error: Error) => void } | undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly expected: string,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (data: Buffer) => {
      this.#take(data);
    });
    socket.on('error', (error) => this.#settle?.reject(error));
    socket.on('close', () => this.#settle?.reject(new Error('The server closed a connection.')));
  }

  static open({ port, expectedStatus }: LoadTarget): Promise<LoadConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new LoadConnection(socket, `HTTP/1.1 ${String(expectedStatus)} `));
      });
    });
  }

  /** Sends a request. Resolves once its whole answer has arrived. */
  send(request: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.socket.write(request);
    });
  }

  #take(data: Buffer): void {
    this.#received = this.#received.length === 0 ? data : Buffer.concat([this.#received, data]);
    const headEnd = this.#received.indexOf(END_OF_HEAD);
    if (headEnd === -1) return;
    const head = this.#received.toString('latin1', 0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (!head.startsWith(this.expected) || length === undefined) {
      const text = this.#received.toString('latin1', 0, 500);
      this.#settle?.reject(new Error(`Expected ${this.expected}with a Content-Length, got: ${text}`));
    } else if (this.#received.length >= headEnd + END_OF_HEAD.length + Number(length)) {
      this.#received = Buffer.alloc(0);
      this.#settle?.resolve();
    }
  }
}
