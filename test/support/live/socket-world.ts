import { socketIo } from 'nestjs-meveto-logout';
import { chatGateways } from '../hosts/chat-gateways.js';
import type { HostOptions } from '../hosts/host-app.js';
import { type LiveOptions, LiveSocket } from './live-socket.js';
import { type HostClient, World } from '../world.js';

/** An application with its own namespaces and two users, and the sockets that a test opens there. */
export class SocketWorld {
  readonly #sockets: LiveSocket[] = [];
  #logouts = 0;
  #host: HostClient | undefined;

  private constructor(readonly world: World) {}

  static async create(): Promise<SocketWorld> {
    return new SocketWorld(await World.create());
  }

  get host(): HostClient {
    if (this.#host === undefined) throw new Error('Start the application first.');
    return this.#host;
  }

  async start(options: Partial<HostOptions> = {}): Promise<void> {
    this.#host = await this.world.start({
      users: [
        { id: 1, mevetoId: 'm-1' },
        { id: 2, mevetoId: 'm-2' },
      ],
      metadata: { providers: chatGateways },
      extras: { livePush: socketIo({ namespaces: ['/chat', /^\/room-/] }) },
      ...options,
    });
  }

  open(options: LiveOptions): LiveSocket {
    const socket = new LiveSocket(this.host.url, options);
    this.#sockets.push(socket);
    return socket;
  }

  /** Logs this person out at Meveto, and waits until the logout is applied. */
  async logOut(mevetoId: string): Promise<void> {
    this.#logouts += 1;
    await this.host.webhook(this.world.meveto.issueUserToken(mevetoId));
    await this.host.untilJobs('applied', this.#logouts);
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets) socket.close();
    await this.world.end();
  }
}
