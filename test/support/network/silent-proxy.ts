import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { throughPort } from './through-port.js';

/**
 * A network between two ends of TCP connections that can fail silently: sent data disappears, and neither end is
 * notified.
 */
export class SilentProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isSilent = false;
  #silentSockets = new WeakSet<Socket>();

  private constructor(private readonly target: { readonly host: string; readonly port: number }) {
    // Each direction of a connection may end separately.
    this.#server = createServer({ allowHalfOpen: true }, (incoming) => {
      this.#accept(incoming);
    });
  }

  /** @param target origin whose host and port are the target */
  static async start(target: string): Promise<SilentProxy> {
    const { hostname, port } = new URL(target);
    const proxy = new SilentProxy({ host: hostname, port: Number(port) });
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** Returns the same URL, through this proxy. */
  instead(url: string): string {
    return throughPort(url, (this.#server.address() as AddressInfo).port);
  }

  /** Drops all data from now on, also on future connections. */
  fallSilent(): void {
    this.#isSilent = true;
    this.#silentSockets = new WeakSet(this.#sockets);
  }

  /** Lets new connections work again. Old ones stay dead, as if a firewall had forgotten them. */
  heal(): void {
    this.#isSilent = false;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(incoming: Socket): void {
    this.#remember(incoming);
    if (this.#isSilent) {
      this.#silentSockets.add(incoming);
      incoming.resume();
      return;
    }
    const outgoing = connect({ ...this.target, allowHalfOpen: true });
    this.#remember(outgoing);
    this.#forward(incoming, outgoing);
    this.#forward(outgoing, incoming);
  }

  #remember(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
  }

  #forward(from: Socket, to: Socket): void {
    const isHeard = (): boolean => !this.#silentSockets.has(from) && !to.destroyed;
    from.on('data', (chunk: Buffer) => {
      if (isHeard() && !to.write(chunk)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    });
    from.on('end', () => {
      if (isHeard()) to.end();
    });
    from.on('close', () => {
      if (isHeard()) to.destroy();
    });
  }
}
