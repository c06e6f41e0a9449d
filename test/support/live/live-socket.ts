import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';

export interface LiveOptions {
  readonly cookie?: string;
  readonly token?: string;
  readonly origin?: string;
  readonly transports?: readonly ('websocket' | 'polling')[];
  /** Default: the module's own namespace. */
  readonly namespace?: string;
  /** Whether to reconnect at once after a lost connection. */
  readonly reconnection?: boolean;
}

/** A browser's live connection, controlled by a test. */
export class LiveSocket {
  readonly received: { readonly event: string; readonly data: unknown }[] = [];
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
        this.received.push({ event, data });
      });
    }
    this.socket.on('connect_error', (error) => {
      this.received.push({ event: 'connect_error', data: (error as { data?: unknown }).data });
    });
  }

  /** The names of the received events, in order. */
  get events(): readonly string[] {
    return this.received.map(({ event }) => event);
  }

  /** Resolves with the data of the first such event, past or future. */
  async next(event: string, timeoutMs = 3_000): Promise<unknown> {
    const giveUpAt = performance.now() + timeoutMs;
    for (;;) {
      const found = this.received.find((each) => each.event === event);
      if (found !== undefined) return found.data;
      if (performance.now() > giveUpAt) {
        throw new Error(
          `no '${event}' in ${String(timeoutMs)} ms; received ${JSON.stringify(this.received)}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  close(): void {
    this.socket.close();
  }
}
