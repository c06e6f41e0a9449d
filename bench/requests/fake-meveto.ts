import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeMeveto {
  readonly url: string;
  readonly stop: () => void;
}

/**
 * A Meveto that lists no pending webhooks, and holds its answers to exchanges while a measure runs: the worker starts as many
 * exchanges as it may, and then leaves the processor and the disk to the webhooks that are measured.
 */
export async function startFakeMeveto(): Promise<FakeMeveto> {
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/api/client/user-for-token') === true) return;
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ status: 'Pending_Webhooks_Retrieved', payload: { webhooks: [], next: null } }));
  });
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
