import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type Duplex, PassThrough } from 'node:stream';

/** A proxy between a client and a server that disconnects them on demand. */
export class TcpProxy {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #target: URL;
  #isCut = false;

  private constructor(target: URL, answersOf: () => Duplex) {
    this.#target = target;
    this.#server = createServer((client) => {
      if (this.#isCut) {
        client.destroy();
        return;
      }
      const server = connect(Number(this.#target.port), this.#target.hostname);
      for (const [socket, other] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#open.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          this.#open.delete(socket);
          other.destroy();
        });
      }
      client.pipe(server).pipe(answersOf()).pipe(client);
    });
  }

  /** @param answersOf creates the stream for the answers of one connection */
  static async start(target: string, answersOf: () => Duplex = () => new PassThrough()): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(target), answersOf);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#open) socket.destroy();
  }

  /** @param target target of future connections; by default the previous one */
  mend(target?: string): void {
    if (target !== undefined) this.#target = new URL(target);
    this.#isCut = false;
  }

  async stop(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
