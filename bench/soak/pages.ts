import WebSocket from 'ws';
import { NAMESPACE, tokenOf } from '../runs/live-protocol.js';

/** Open pages: sockets of Socket.IO's protocol on bare websockets. A page that is told of a logout logs in again. */
export class Pages {
  #openCount = 0;
  #notified = 0;
  #lost = 0;

  constructor(private readonly url: string) {}

  get openCount(): number {
    return this.#openCount;
  }

  /** How many were told of a logout and how many lost their connection without it, since the last call. */
  take() {
    const taken = { notified: this.#notified, lost: this.#lost };
    this.#notified = 0;
    this.#lost = 0;
    return taken;
  }

  /** Resolves when the page of this user is connected. */
  open(user: number): Promise<void> {
    return new Promise((resolve) => {
      const socket = new WebSocket(`${this.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, {
        perMessageDeflate: false,
      });
      let isNotified = false;
      let isOpen = false;
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (isOpen) this.#openCount -= 1;
        if (!isNotified) this.#lost += 1;
        setTimeout(() => void this.open(user), 100);
        resolve();
      });
      socket.on('message', (data: Buffer) => {
        const text = data.toString();
        if (text === '2') socket.send('3');
        else if (text.startsWith('0'))
          socket.send(`40${NAMESPACE},${JSON.stringify({ token: tokenOf(String(user), Date.now()) })}`);
        else if (text.startsWith(`40${NAMESPACE}`)) {
          isOpen = true;
          this.#openCount += 1;
          resolve();
        } else if (text.startsWith(`42${NAMESPACE},["logged-out"`)) {
          isNotified = true;
          this.#notified += 1;
        } else if (text.startsWith('41') || text.startsWith('44')) socket.close();
      });
    });
  }
}
