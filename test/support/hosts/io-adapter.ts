import { IoAdapter } from '@nestjs/platform-socket.io';
import type { HostApp } from './http-adapters.js';

type Create = IoAdapter['createIOServer'];
type Options = NonNullable<Parameters<Create>[1]>;

/** Sets a WebSocket adapter of the application's own: more options, or a cluster adapter. */
export const ioAdapter =
  (options: Readonly<Record<string, unknown>>) =>
  (app: HostApp): void => {
    class HostIoAdapter extends IoAdapter {
      #server: ReturnType<Create> | undefined;

      override createIOServer(port: number, given?: Options): ReturnType<Create> {
        return (this.#server = super.createIOServer(port, { ...given, ...options } as Options));
      }

      /** When connections are closed by force, Nest leaves the server and its adapters open. */
      override async dispose(): Promise<void> {
        for (const namespace of this.#server?._nsps.values() ?? []) await namespace.adapter.close();
      }
    }
    app.useWebSocketAdapter(new HostIoAdapter(app));
  };
