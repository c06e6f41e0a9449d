import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';

export interface LiveOptions {
  readonly cookie?: string;
  readonly token?: string;
  readonly origin?: string;
  readonly transports?: readonly ('websocket' | 'polling')[];
  /** The module's own, unless said otherwise. */
  readonly namespace?: string;
  /** Connect again by itself after the connection was lost, at once. */
  readonly reconnection?: boolean;
}

/** A browser's live connection, as a test holds it. */
export class LiveSocket {
  readonly heard: { readonly event: string; readonly data: unknown }[] = [];
  readonly socket: Socket;

  constructor(url: string, live: LiveOptions) {
    const { cookie, token, origin, transports = ['websocket'], reconnection = false } = live;
    const options: Partial<ManagerOptions & SocketOptions> = {
      transports: [...transports],
      forceNew: true,
      reconnection,
      reconnectionDelay: 10,
      extraHeaders: { ...(cookie !== undefined && { cookie }), ...(origin !== undefined && { origin }) },
      ...(token !== undefined && { auth: { token } }),
    };
    this.socket = io(url + (live.namespace ?? '/meveto-logout'), options);
    for (const event of ['connect', 'disconnect', 'logged-out']) {
      this.socket.on(event, (data: unknown) => {
        this.heard.push({ event, data });
      });
    }
    this.socket.on('connect_error', (error) => {
      this.heard.push({ event: 'connect_error', data: (error as { data?: unknown }).data });
    });
  }

  /** The names of the events heard, in their order. */
  get events(): readonly string[] {
    return this.heard.map(({ event }) => event);
  }

  /** Resolves with the data of the first such event, heard or to come. */
  async next(event: string, timeoutMs = 3_000): Promise<unknown> {
    const giveUpAt = performance.now() + timeoutMs;
    for (;;) {
      const found = this.heard.find((each) => each.event === event);
      if (found !== undefined) return found.data;
      if (performance.now() > giveUpAt) {
        throw new Error(`no '${event}' in ${String(timeoutMs)} ms; heard ${JSON.stringify(this.heard)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  close(): void {
    this.socket.close();
  }
}
