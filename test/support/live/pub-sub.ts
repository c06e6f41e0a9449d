import { EventEmitter } from 'node:events';

/** The part of Redis that Socket.IO's Redis adapter uses, in this process, with a switch to break it. */
export class PubSub {
  isUp = true;
  readonly published: { readonly channel: string; readonly message: string }[] = [];
  readonly #clients = new Set<PubSubClient>();

  client(): PubSubClient {
    const client = new PubSubClient(this);
    this.#clients.add(client);
    return client;
  }

  publish(channel: string, message: string | Buffer): void {
    this.published.push({ channel, message: String(message) });
    if (!this.isUp) return;
    for (const client of this.#clients) client.receive(channel, Buffer.from(message));
  }
}

/** Has the interface of an ioredis client. */
export class PubSubClient extends EventEmitter {
  readonly #channels = new Set<string>();
  readonly #patterns = new Set<string>();

  constructor(private readonly hub: PubSub) {
    super();
    this.setMaxListeners(0);
  }

  publish(channel: string, message: string | Buffer): void {
    this.hub.publish(channel, message);
  }

  subscribe(channels: readonly string[]): void {
    for (const channel of channels) this.#channels.add(channel);
  }

  psubscribe(pattern: string): void {
    this.#patterns.add(pattern);
  }

  unsubscribe(): void {
    this.#channels.clear();
  }

  punsubscribe(): void {
    this.#patterns.clear();
  }

  receive(channel: string, message: Buffer): void {
    setImmediate(() => {
      if (this.#channels.has(channel)) this.emit('messageBuffer', Buffer.from(channel), message);
      for (const pattern of this.#patterns) {
        if (channel.startsWith(pattern.slice(0, -1))) {
          this.emit('pmessageBuffer', Buffer.from(pattern), Buffer.from(channel), message);
        }
      }
    });
  }
}
