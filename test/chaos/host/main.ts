import 'reflect-metadata';
import { startHost } from './app.js';
import type { HostMessage, HostOrder } from './settings.js';

/** Loads everything first and starts on an order: a successor is ready before its predecessor is ended. */
const say = (message: HostMessage): void => {
  process.send?.(message);
};

process.on('message', (order: HostOrder) => {
  if (order.kind !== 'start') return;
  startHost(order.settings).then(
    async (app) => {
      say({ kind: 'listening', url: await app.getUrl() });
    },
    (error: unknown) => {
      // Without a supervisor, during the warm-up, only the terminal shows errors.
      if (process.send === undefined) console.error(error);
      say({ kind: 'failed', message: String(error) });
      process.exit(1);
    },
  );
});
// A process without its supervisor ends.
process.on('disconnect', () => process.exit(1));
say({ kind: 'loaded' });
