import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** The end of PostgreSQL's greeting: ReadyForQuery, idle. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const FAREWELL = errorMessage({
  S: 'FATAL',
  V: 'FATAL',
  C: '57P01',
  M: 'terminating connection due to administrator command',
});

/** Stands before PostgreSQL, which ends connections in the moment in which they are made, if it is told to. */
export class FarewellProxy {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #left = 0;

  private constructor(target: URL) {
    this.#server = createServer((client) => {
      const server = connect(Number(target.port), target.hostname);
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
      client.pipe(server);
      server.on('data', (chunk: Buffer) => {
        if (this.#left === 0 || !chunk.subarray(-READY.length).equals(READY)) client.write(chunk);
        else {
          this.#left -= 1;
          // In one piece: the driver reads both before anything else runs.
          client.end(Buffer.concat([chunk, FAREWELL]));
        }
      });
    });
  }

  static async start(target: string): Promise<FarewellProxy> {
    const proxy = new FarewellProxy(new URL(target));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  instead(url: string): string {
    const through = new URL(url);
    through.host = `127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
    return through.href.replace(/\/$/, '');
  }

  /** Ends all connections, and the next ones as soon as they are made. */
  sayFarewell(times: number): void {
    this.#left = times;
    for (const socket of this.#open) socket.destroy();
  }

  /** How many are still to be ended. */
  get left(): number {
    return this.#left;
  }

  async stop(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** An ErrorResponse of PostgreSQL's protocol: https://www.postgresql.org/docs/current/protocol-message-formats.html */
function errorMessage(fields: Record<string, string>): Buffer {
  const body = `${Object.entries(fields)
    .map(([code, value]) => `${code}${value}\0`)
    .join('')}\0`;
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + length.length);
  return Buffer.concat([Buffer.from('E'), length, Buffer.from(body)]);
}
