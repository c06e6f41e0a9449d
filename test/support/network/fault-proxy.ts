import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A fault of one request between the application and Meveto. */
export type Fault =
  | 'pass'
  /** Forwarded and answered, but the answer is lost: the request took effect. */
  | 'lose-answer'
  /** The connection breaks before the request is forwarded. */
  | 'reset'
  /** Never answered. */
  | 'hang'
  /** Answered by the proxy, never forwarded. */
  | { readonly status: number; readonly body: string; readonly headers?: Record<string, string> };

/** A proxy between the application and the simulator that breaks requests as a test demands. */
export class FaultProxy {
  /** Chooses the fault of each request by its path without the query. */
  fault: (path: string) => Fault = () => 'pass';
  /** Delay before a request is handled, in milliseconds. */
  delayMs = 0;
  readonly seen: {
    readonly path: string;
    /** Includes the query. */
    readonly url: string;
    readonly method: string;
    readonly headers: IncomingHttpHeaders;
  }[] = [];
  readonly #server: Server;

  private constructor(private readonly targetUrl: string) {
    this.#server = createServer((incoming, answer) => {
      setTimeout(() => {
        this.#handle(incoming, answer);
      }, this.delayMs);
    });
  }

  static async start(targetUrl: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetUrl);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Number of requests so far whose path starts with this text. */
  count(path: string): number {
    return this.seen.filter((each) => each.path.startsWith(path)).length;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  #handle(incoming: IncomingMessage, answer: ServerResponse): void {
    const { url = '' } = incoming;
    const path = url.split('?', 1)[0] ?? '';
    this.seen.push({ path, url, method: incoming.method ?? '', headers: incoming.headers });
    const fault = this.fault(path);
    if (fault === 'hang') return;
    if (fault === 'reset') {
      incoming.socket.destroy();
    } else if (typeof fault === 'object') {
      answer
        .writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers })
        .end(fault.body);
    } else {
      this.#forward(incoming, answer, fault === 'lose-answer');
    }
  }

  #forward(incoming: IncomingMessage, answer: ServerResponse, losesAnswer: boolean): void {
    const { method, headers, url } = incoming;
    const forwarded = request(
      `${this.targetUrl}${url ?? ''}`,
      { method, headers, agent: false },
      (response) => {
        if (losesAnswer) {
          response.resume().on('end', () => incoming.socket.destroy());
        } else {
          answer.writeHead(response.statusCode ?? 502, response.headers);
          response.pipe(answer);
        }
      },
    );
    forwarded.on('error', () => incoming.socket.destroy());
    incoming.pipe(forwarded);
  }
}
