import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { ClusterBus } from '../cluster/cluster-bus.js';

type Create = IoAdapter['createIOServer'];
type Options = NonNullable<Parameters<Create>[1]>;

/**
 * Browsers send only a handshake, with an access token of 8 kB at most. Socket.IO's default limit is one million bytes.
 */
const MAX_MESSAGE_BYTES = 16_384;

/** Socket.IO with small buffers, and with a cluster adapter if there is a bus. */
export class DemoIoAdapter extends IoAdapter {
  #server: ReturnType<Create> | undefined;

  constructor(
    app: INestApplication,
    private readonly bus: ClusterBus | undefined,
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: Options): ReturnType<Create> {
    this.#server = super.createIOServer(port, {
      maxHttpBufferSize: MAX_MESSAGE_BYTES,
      ...options,
      ...(this.bus !== undefined && { adapter: this.bus.createAdapter }),
    } as Options);
    return this.#server;
  }

  /** Nest leaves the server and its adapters open when connections are closed by force. */
  override async dispose(): Promise<void> {
    if (this.bus === undefined) return super.dispose();
    for (const namespace of this.#server?._nsps.values() ?? []) await namespace.adapter.close();
    await this.bus.close();
  }
}
