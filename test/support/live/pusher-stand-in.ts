import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

interface Connection {
  readonly socket: WebSocket;
  readonly channels: Set<string>;
}

interface PublishedEvent {
  readonly channel: string;
  readonly name: string;
  readonly data: string;
}

/**
 * A small server for protocol 7 of Pusher Channels, as far as its official libraries need it here: private channels and
 * batches of events. Checks every signature.
 * @see https://pusher.com/docs/channels/library_auth_reference/pusher-websockets-protocol/
 * @see https://pusher.com/docs/channels/library_auth_reference/rest-api/
 */
export class PusherStandIn {
  readonly appId = '1001';
  readonly key = 'stand-in-key';
  readonly secret = 'stand-in-secret';
  /** All events with a valid signature. */
  readonly published: PublishedEvent[] = [];
  /** Answers to refused subscriptions. */
  readonly refused: string[] = [];
  /** Number of requests to publish, valid or not. */
  requestCount = 0;
  /** Status that replaces the answer to requests to publish; `hang`: no answer. */
  fault: number | 'hang' | undefined;
  readonly #connections = new Set<Connection>();
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  #socketCount = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#publish(request, response));
    this.#sockets = new WebSocketServer({ server: this.#server });
    this.#sockets.on('connection', (socket, request) => {
      this.#connect(socket, request);
    });
  }

  static async start(port = 0): Promise<PusherStandIn> {
    const pusher = new PusherStandIn();
    await new Promise<void>((resolve) => pusher.#server.listen(port, '127.0.0.1', resolve));
    return pusher;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Channels with subscribers. */
  get subscriptions(): readonly string[] {
    return [...this.#connections].flatMap(({ channels }) => [...channels]);
  }

  async stop(): Promise<void> {
    for (const { socket } of this.#connections) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Sends an event to all subscribers, as an authorised server would, or as a replay. */
  deliver(event: PublishedEvent): void {
    for (const { socket, channels } of this.#connections) {
      if (channels.has(event.channel)) {
        socket.send(JSON.stringify({ event: event.name, channel: event.channel, data: event.data }));
      }
    }
  }

  #connect(socket: WebSocket, request: IncomingMessage): void {
    this.#socketCount += 1;
    const socketId = `${String(this.#socketCount)}.${String(process.pid)}`;
    const say = (event: string, data: object, channel?: string): void => {
      socket.send(
        JSON.stringify({ event, data: JSON.stringify(data), ...(channel !== undefined && { channel }) }),
      );
    };
    if (!(request.url ?? '').startsWith(`/app/${this.key}?`)) {
      say('pusher:error', { code: 4001, message: 'Application does not exist' });
      socket.close(4001);
      return;
    }
    const connection: Connection = { socket, channels: new Set() };
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
    socket.on('message', (raw: Buffer) => {
      const message = JSON.parse(raw.toString()) as {
        event: string;
        data: { channel: string; auth?: string };
      };
      if (message.event === 'pusher:ping') say('pusher:pong', {});
      if (message.event !== 'pusher:subscribe') return;
      const { channel, auth = '' } = message.data;
      const isPublic = !channel.startsWith('private-');
      if (isPublic || isSame(auth, `${this.key}:${this.#sign(`${socketId}:${channel}`)}`)) {
        connection.channels.add(channel);
        say('pusher_internal:subscription_succeeded', {}, channel);
      } else {
        this.refused.push(channel);
        say('pusher:error', { code: 4009, message: 'Invalid signature' });
      }
    });
    say('pusher:connection_established', { socket_id: socketId, activity_timeout: 120 });
  }

  async #publish(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requestCount += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    if (this.fault === 'hang') return;
    const status = this.fault ?? this.#statusOf(request, body);
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    if (status !== 200) return;
    const { batch } = JSON.parse(body) as { batch: PublishedEvent[] };
    for (const event of batch) {
      this.published.push(event);
      this.deliver(event);
    }
  }

  #statusOf(request: IncomingMessage, body: string): number {
    const url = new URL(request.url ?? '', 'http://pusher.invalid');
    if (request.method !== 'POST' || url.pathname !== `/apps/${this.appId}/batch_events`) return 404;
    const { searchParams } = url;
    const signature = searchParams.get('auth_signature') ?? '';
    searchParams.delete('auth_signature');
    const signed = [...searchParams].sort(([one], [other]) => (one < other ? -1 : 1));
    const query = signed.map(([name, value]) => `${name}=${value}`).join('&');
    const isSigned =
      searchParams.get('auth_key') === this.key &&
      searchParams.get('body_md5') === createHash('md5').update(body).digest('hex') &&
      Math.abs(Date.now() / 1000 - Number(searchParams.get('auth_timestamp'))) < 600 &&
      isSame(signature, this.#sign(`POST\n${url.pathname}\n${query}`));
    return isSigned ? 200 : 401;
  }

  #sign(text: string): string {
    return createHmac('sha256', this.secret).update(text).digest('hex');
  }
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
