import type { IncomingMessage } from 'node:http';

const MAX_BYTES = 65_536;
const MAX_MS = 1_000;
const MAX_CONNECTIONS = 64;

/**
 * Reads a little more of refused bodies: a sender whose connection is closed while it writes never reads the answer. Bounded
 * in bytes, in time and in the number of connections at once.
 */
export class RefusedBodies {
  #count = 0;

  /** @param done called once: when the body ends, when the connection closes, or when a bound is reached */
  drain(request: IncomingMessage, done: () => void): void {
    const { socket } = request;
    if (this.#count >= MAX_CONNECTIONS || request.destroyed) {
      done();
      return;
    }
    this.#count += 1;
    let left = MAX_BYTES;
    const end = (): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', end).off('close', end).pause();
      socket.off('end', onCutOff);
      this.#count -= 1;
      done();
    };
    const onData = (chunk: Buffer): void => {
      left -= chunk.length;
      if (left <= 0) end();
    };
    const onCutOff = (): void => {
      // This must run before Fastify's listener, which writes another answer to a connection that is not ended.
      socket.end();
      end();
    };
    const timer = setTimeout(end, MAX_MS);
    socket.prependListener('end', onCutOff);
    request.on('data', onData).on('end', end).on('close', end).resume();
  }
}
