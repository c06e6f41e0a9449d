import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

/** Options of a proxy in front of an application, with its own host and port. */
export interface PageProxyOptions {
  /** The proxy's own pages and scripts, by path. */
  readonly pages?: Readonly<Record<string, { readonly type: string; readonly content: string }>>;
}

/**
 * Forwards everything to an application, but lets browsers cache its pages: `Cache-Control: no-store` alone would keep
 * them out of the back/forward cache after they opened a WebSocket.
 */
export class PageProxy {
  private constructor(
    private readonly server: Server,
    readonly url: string,
    private readonly refusal: { pattern: RegExp | undefined; count: number },
  ) {}

  /** From now on closes connections that request such an address, without an answer. Without a pattern, none. */
  refuse(pattern?: RegExp): void {
    this.refusal.pattern = pattern;
  }

  /** Number of connections that were closed because of their address. */
  get refusedCount(): number {
    return this.refusal.count;
  }

  static async start(target: string, { pages = {} }: PageProxyOptions = {}): Promise<PageProxy> {
    const { hostname, port } = new URL(target);
    const refusal: PageProxy['refusal'] = { pattern: undefined, count: 0 };
    const refuses = ({ url = '', socket }: IncomingMessage): boolean => {
      if (refusal.pattern?.test(url) !== true) return false;
      refusal.count += 1;
      socket.destroy();
      return true;
    };
    const server = createServer((incoming, response) => {
      if (refuses(incoming)) return;
      const own = pages[incoming.url ?? ''];
      if (own !== undefined) {
        response.setHeader('content-type', own.type).end(own.content);
        return;
      }
      const { method, url, headers } = incoming;
      const outgoing = request({ hostname, port, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, keepable(answer));
        answer.pipe(response);
      });
      outgoing.on('error', () => response.destroy());
      incoming.pipe(outgoing);
    });
    server.on('upgrade', (incoming, socket, head) => {
      if (refuses(incoming)) return;
      const upstream = connect(Number(port), hostname, () => {
        const lines = incoming.rawHeaders.map((each, index) =>
          index % 2 === 0 ? `${each}: ` : `${each}\r\n`,
        );
        upstream.write(`GET ${incoming.url ?? '/'} HTTP/1.1\r\n${lines.join('')}\r\n`);
        upstream.write(head);
        socket.pipe(upstream).pipe(socket);
      });
      for (const [one, other] of [
        [socket, upstream],
        [upstream, socket],
      ] as const)
        one.on('error', () => other.destroy()).on('close', () => other.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PageProxy(
      server,
      `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
      refusal,
    );
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await Promise.resolve();
  }
}

function keepable({ headers }: IncomingMessage): IncomingMessage['headers'] {
  if (headers['content-type']?.startsWith('text/html') !== true) return headers;
  return { ...headers, 'cache-control': 'no-cache' };
}
