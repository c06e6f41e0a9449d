// Browsers of the measures `push` and `heap`, as a process of its own: bare TCP connections that know as much of WebSocket and
// Socket.IO as they need, so that the server is what a burst waits for.
import { connect as connectTcp, type Socket } from 'node:net';
import { answer, now } from './child.js';
import { clientFrame, NAMESPACE, PING, PONG, tokenOf } from './live-protocol.js';

export type ToLiveClients =
  | {
      readonly ask: 'open';
      readonly port: number;
      readonly protocol: 'socket.io' | 'ws';
      readonly users: readonly string[];
    }
  | { readonly ask: 'notified' }
  | { readonly ask: 'close' };

export interface FromLiveClients {
  /** When the last socket was notified, of {@link now}. */
  readonly lastAt: number;
}

const AT_A_TIME = 50;
const LIMIT_MS = 30_000;
/** Sessions began before every logout of a burst. */
const SIGNED_IN_BEFORE_MS = 60_000;

let sockets: Socket[] = [];
let notifiedCount = 0;
let lastAt = 0;
let allNotified: (() => void) | undefined;

function connect(port: number, protocol: 'socket.io' | 'ws', user: string): Promise<Socket> {
  const path = protocol === 'ws' ? `/?user=${user}` : '/socket.io/?EIO=4&transport=websocket';
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ port, host: '127.0.0.1', noDelay: true });
    socket.on('error', reject);
    socket.on('close', () => {
      reject(new Error(`The server closed the connection of ${user}.`));
    });
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${String(port)}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    let isOpening = true;
    socket.on('data', (chunk) => {
      if (isOpening) {
        const text = chunk.toString('latin1');
        if (text.includes('"pingInterval"')) {
          socket.write(
            clientFrame(
              `40${NAMESPACE},${JSON.stringify({ token: tokenOf(user, Date.now() - SIGNED_IN_BEFORE_MS) })}`,
            ),
          );
        } else if (text.includes(`44${NAMESPACE}`)) reject(new Error(text));
        if (text.includes(protocol === 'ws' ? '101 Switching' : `40${NAMESPACE}`)) {
          isOpening = false;
          resolve(socket);
        }
      } else if (chunk.includes('"logged-out"')) notified();
      else if (chunk.equals(PING)) socket.write(PONG);
    });
  });
}

function notified(): void {
  notifiedCount += 1;
  if (notifiedCount < sockets.length) return;
  lastAt = now();
  allNotified?.();
}

async function open({ port, protocol, users }: Extract<ToLiveClients, { ask: 'open' }>): Promise<void> {
  sockets = [];
  notifiedCount = 0;
  for (let done = 0; done < users.length; done += AT_A_TIME) {
    const batch = users.slice(done, done + AT_A_TIME);
    sockets.push(...(await Promise.all(batch.map((user) => connect(port, protocol, user)))));
  }
}

async function untilNotified(): Promise<void> {
  if (notifiedCount >= sockets.length) return;
  let limit: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve, reject) => {
    allNotified = resolve;
    limit = setTimeout(() => {
      reject(new Error(`${String(notifiedCount)} of ${String(sockets.length)} sockets were notified.`));
    }, LIMIT_MS);
  });
  clearTimeout(limit);
}

answer(async (question: ToLiveClients): Promise<Partial<FromLiveClients>> => {
  switch (question.ask) {
    case 'open':
      await open(question);
      return {};
    case 'notified':
      await untilNotified();
      return { lastAt };
    case 'close':
      for (const socket of sockets) socket.destroy();
      return {};
  }
});
