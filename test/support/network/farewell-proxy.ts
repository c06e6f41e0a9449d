import { Transform } from 'node:stream';
import { TcpProxy } from './tcp-proxy.js';
import { throughPort } from './through-port.js';

/** The end of PostgreSQL's greeting: ReadyForQuery, idle. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const FAREWELL = errorMessage({
  S: 'FATAL',
  V: 'FATAL',
  C: '57P01',
  M: 'terminating connection due to administrator command',
});

/** A proxy for PostgreSQL that ends connections as soon as they are made, on demand. */
export class FarewellProxy {
  #left = 0;
  #proxy: TcpProxy | undefined;

  static async start(target: string): Promise<FarewellProxy> {
    const farewell = new FarewellProxy();
    farewell.#proxy = await TcpProxy.start(target, () => farewell.#answers());
    return farewell;
  }

  instead(url: string): string {
    return throughPort(url, this.#proxy?.port ?? 0);
  }

  /** Ends all connections, and the next ones as soon as they are made. */
  sayFarewell(times: number): void {
    this.#left = times;
    this.#proxy?.cut();
    this.#proxy?.mend();
  }

  /** Number of connections that are still to be ended. */
  get left(): number {
    return this.#left;
  }

  async stop(): Promise<void> {
    await this.#proxy?.stop();
  }

  #answers(): Transform {
    let isOver = false;
    const answers = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        if (isOver) {
          done();
          return;
        }
        isOver = this.#left > 0 && chunk.subarray(-READY.length).equals(READY);
        if (isOver) {
          this.#left -= 1;
          // In one chunk: the driver reads both messages before any other code runs.
          answers.push(Buffer.concat([chunk, FAREWELL]));
          answers.push(null);
        } else answers.push(chunk);
        done();
      },
    });
    return answers;
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
