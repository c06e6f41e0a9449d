import 'reflect-metadata';
import { startHost } from './app.js';
import type { HostMessage, HostOrder } from './settings.js';

/** Loads everything first, and starts when it is told to: a successor is ready before its predecessor dies. */
const say = (message: HostMessage): void => {
  process.send?.(message);
};

process.on('message', (order: HostOrder) => {
  if (order.kind !== 'start') return;
  startHost(order.settings).then(
    async (app) => {
      say({ kind: 'listening', port: Number(new URL(await app.getUrl()).port) });
    },
    (error: unknown) => {
      // Nobody but a terminal listens while it is only warmed up.
      if (process.send === undefined) console.error(error);
      say({ kind: 'failed', message: String(error) });
      process.exit(1);
    },
  );
});
// Whoever loses its supervisor is of no more use.
process.on('disconnect', () => process.exit(1));
say({ kind: 'loaded' });
