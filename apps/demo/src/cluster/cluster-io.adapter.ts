import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { ClusterBus } from './cluster-bus.js';

type Create = IoAdapter['createIOServer'];
type Options = NonNullable<Parameters<Create>[1]>;

/** Socket.IO with a cluster adapter, and otherwise as Nest sets it up. */
export class ClusterIoAdapter extends IoAdapter {
  #server: ReturnType<Create> | undefined;

  constructor(
    app: INestApplication,
    private readonly bus: ClusterBus,
  ) {
    super(app);
  }

  override createIOServer(port: number, options?: Options): ReturnType<Create> {
    this.#server = super.createIOServer(port, { ...options, adapter: this.bus.createAdapter } as Options);
    return this.#server;
  }

  /** With connections closed by force, Nest leaves the server open, and with it the adapters. */
  override async dispose(): Promise<void> {
    for (const namespace of this.#server?._nsps.values() ?? []) await namespace.adapter.close();
    await this.bus.close();
  }
}
