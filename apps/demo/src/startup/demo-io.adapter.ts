import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { ClusterBus } from '../cluster/cluster-bus.js';

type Create = IoAdapter['createIOServer'];
type Options = NonNullable<Parameters<Create>[1]>;

/** Browsers send a handshake, at most with an access token of 8 kB. Socket.IO itself would hold a million bytes for each. */
const MAX_MESSAGE_BYTES = 16_384;

/** Socket.IO with small buffers, with a cluster adapter if there is a bus, and otherwise as Nest sets it up. */
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

  /** With connections closed by force, Nest leaves the server open, and with it the adapters. */
  override async dispose(): Promise<void> {
    if (this.bus === undefined) return super.dispose();
    for (const namespace of this.#server?._nsps.values() ?? []) await namespace.adapter.close();
    await this.bus.close();
  }
}
