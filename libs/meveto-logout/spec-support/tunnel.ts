import { once } from 'node:events';
import { Agent, type ClientRequestArgs, createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A proxy that opens tunnels by CONNECT, and records their targets. */
export class TunnelProxy {
  readonly tunnels: string[] = [];
  /** Number of connections, with or without a tunnel. */
  connectionCount = 0;
  /** HTTP status to answer instead of opening a tunnel. */
  refusal: number | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((_incoming, answer) => answer.writeHead(502).end());
    this.#server.on('connection', (socket) => {
      this.connectionCount += 1;
      this.#keep(socket);
    });
    this.#server.on('connect', ({ url }, socket) => {
      this.#open(url ?? '', socket);
    });
  }

  static async start(): Promise<TunnelProxy> {
    const proxy = new TunnelProxy();
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  stop(): void {
    this.breakAll();
    this.#server.close();
  }

  breakAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #open(target: string, socket: Duplex): void {
    this.tunnels.push(target);
    if (this.refusal !== undefined) {
      socket.end(`HTTP/1.1 ${String(this.refusal)} No\r\n\r\n`);
      return;
    }
    const onward = connect(Number(target.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    this.#keep(onward);
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
  }
}

/** Connects through a tunnel, like the agents that applications use behind a proxy. */
export class TunnelAgent extends Agent {
  constructor(private readonly proxyUrl: string) {
    super({ keepAlive: true });
  }

  override createConnection(
    { host, port }: ClientRequestArgs,
    done: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const none = undefined as unknown as Duplex;
    request(this.proxyUrl, { method: 'CONNECT', path: `${host ?? ''}:${String(port)}`, agent: false })
      .on('connect', ({ statusCode }, socket) => {
        if (statusCode === 200) done(null, socket);
        else done(new Error(`the proxy answered ${String(statusCode)}`), none);
      })
      .on('error', (error) => {
        done(error, none);
      })
      .end();
  }
}
