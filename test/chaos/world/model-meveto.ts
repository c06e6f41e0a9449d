import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { ASKED_AT_HEADER } from '../host/settings.js';
import { OWN_ADDRESS } from './own-address.js';
import { postWebhook } from './post-webhook.js';

/** What Meveto does with one request to its user endpoint. */
export type ExchangeFault =
  | 'none'
  /** Never answered; the token is not consumed. */
  | 'time-out'
  /** The token is consumed, and the connection is cut instead of an answer. */
  | 'lose-answer'
  /** The token is consumed, and the request is never answered. */
  | 'swallow-answer'
  /** 503; the token is not consumed. */
  | 'error';

/** One request to the user endpoint, as Meveto saw it. Times are epoch milliseconds. */
export interface Exchange {
  readonly token: string;
  /** The address from `urlFor` that was requested. */
  readonly caller: string;
  readonly beganAt: number;
  /** When the application began to wait for the answer. */
  readonly askedAt: number;
  endedAt: number | undefined;
  outcome: 'person' | 'invalid' | 'none';
  fault: ExchangeFault;
  /** Whether the whole answer was passed to the network. */
  isDelivered: boolean;
}

/** An event at Meveto that is to be delivered. */
export interface MevetoEvent {
  readonly id: string;
  readonly type: 'User_Logged_Out' | 'Meveto_Protection_Removed';
  /** Undefined for a forged webhook: Meveto does not know it. */
  readonly mevetoId: string | undefined;
  readonly createdAt: number;
  /** The newest one last: a listed webhook with a consumed token gets a new token. */
  readonly tokens: string[];
  acknowledgedAt: number | undefined;
  lastTriedAt: number | undefined;
  tries: number;
}

export type Decide = (exchange: Exchange) => ExchangeFault;

/** Prefix of all tokens, to find leaked ones. */
export const TOKEN_PREFIX = 'mvtcanary';
const PAGE_SIZE = 200;
const portOf = (server: Server): number | undefined => {
  const address = server.address();
  return typeof address === 'object' ? address?.port : undefined;
};
const newToken = (): string => TOKEN_PREFIX + randomBytes(18).toString('hex');

/**
 * A model of Meveto as the application sees it: one-time tokens, webhooks with retries, and a list of pending webhooks.
 * Records every request, to compare the application's records with the real events.
 */
export class ModelMeveto {
  readonly events: MevetoEvent[] = [];
  readonly exchanges: Exchange[] = [];
  /** The highest number of simultaneous requests for one token. */
  mostInFlightPerToken = 0;
  /** Number of reads of the list of pending webhooks from its beginning. */
  pollCount = 0;
  /** Whether the list of pending webhooks has entries. */
  listsWebhooks = false;
  /** The listed webhooks: by default all real ones, whatever their outcome. */
  isListed: (event: MevetoEvent) => boolean = () => true;
  decide: Decide = () => 'none';
  /** Awaited before a request is processed. `drop`: Meveto never sees the request. */
  beforeExchange: (exchange: Exchange) => Promise<unknown> = () => Promise.resolve();
  /** Awaited after a token was consumed or refused, before the answer is sent. */
  beforeAnswer: (exchange: Exchange) => Promise<unknown> = () => Promise.resolve();
  /** The target of webhooks; undefined when no process is reachable. */
  target: () => string | undefined = () => undefined;
  /** Pauses between the attempts of one delivery. */
  retryPauses: readonly number[] = Array.from({ length: 100 }, () => 100);
  readonly #live = new Map<string, string>();
  readonly #inFlight = new Map<string, number>();
  /** Tokens of pages that were certainly read. */
  readonly #listed = new Set<string>();
  /** Tokens of sent pages, by the cursor of the following page. */
  readonly #pages = new Map<number, readonly string[]>();
  readonly #servers = new Map<string, Server>();
  #stopped = false;
  /** Number of outages of all addresses. */
  outageCount = 0;

  /** Returns an own origin of Meveto's API for this caller, to distinguish replicas. */
  async urlFor(caller: string): Promise<string> {
    const port = await this.#listen(caller, 0);
    return `http://${OWN_ADDRESS}:${String(port)}`;
  }

  /** Refuses connections at all addresses for this time. Earlier requests are answered. */
  async refuseFor(ms: number): Promise<void> {
    this.outageCount += 1;
    const gone = [...this.#servers].map(([caller, server]) => ({ caller, server, port: portOf(server) }));
    for (const { server } of gone) {
      server.close();
      server.closeIdleConnections();
    }
    await delay(ms);
    for (const { caller, server, port } of gone) {
      const isWanted = this.#servers.get(caller) === server && !this.#stopped;
      if (isWanted && port !== undefined) await this.#listen(caller, port);
    }
  }

  async #listen(caller: string, port: number): Promise<number | undefined> {
    const server = createServer((request, answer) => {
      void this.#serve(caller, request, answer);
    });
    server.listen(port, OWN_ADDRESS);
    await once(server, 'listening');
    this.#servers.set(caller, server);
    return portOf(server);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#servers.keys()].map((caller) => this.forget(caller)));
  }

  /** Closes the address of a caller that has ended. */
  async forget(caller: string): Promise<void> {
    const server = this.#servers.get(caller);
    this.#servers.delete(caller);
    server?.closeAllConnections();
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  }

  /** A user logs out, or removes Meveto's protection. */
  happen(mevetoId: string, type: MevetoEvent['type'] = 'User_Logged_Out'): MevetoEvent {
    const token = newToken();
    this.#live.set(token, mevetoId);
    return this.#remember(type, mevetoId, token);
  }

  /** An attacker forges a webhook. */
  forge(type: MevetoEvent['type'] = 'User_Logged_Out'): MevetoEvent {
    return this.#remember(type, undefined, newToken());
  }

  /** Delivers until the webhook is acknowledged or the attempts are used up. Returns true if it was acknowledged. */
  async deliver(event: MevetoEvent): Promise<boolean> {
    for (const pauseMs of [...this.retryPauses, 0]) {
      if (this.#stopped) return false;
      const target = this.target();
      event.tries += 1;
      const status = target === undefined ? 0 : await postWebhook(target, event);
      event.lastTriedAt = Date.now();
      if (status >= 200 && status < 300) {
        event.acknowledgedAt ??= Date.now();
        return true;
      }
      await delay(pauseMs, undefined, { ref: false });
    }
    return false;
  }

  isUsedUp(token: string): boolean {
    return !this.#live.has(token);
  }

  #remember(type: MevetoEvent['type'], mevetoId: string | undefined, token: string): MevetoEvent {
    const event = {
      id: `event-${String(this.events.length + 1)}`,
      type,
      mevetoId,
      createdAt: Date.now(),
      tokens: [token],
      acknowledgedAt: undefined,
      lastTriedAt: undefined,
      tries: 0,
    };
    this.events.push(event);
    return event;
  }

  async #serve(caller: string, request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://meveto');
    if (pathname === '/api/client/webhooks/pending') {
      answerJson(answer, 200, this.#page(Number(searchParams.get('cursor') ?? 0)));
    } else if (pathname === '/api/client/user-for-token') {
      const askedAt = Number(request.headers[ASKED_AT_HEADER] ?? Date.now());
      await this.#exchange(caller, searchParams.get('token') ?? '', askedAt, answer);
    } else answerJson(answer, 404, {});
  }

  async #exchange(caller: string, token: string, askedAt: number, answer: ServerResponse): Promise<void> {
    const exchange: Exchange = {
      token,
      caller,
      beganAt: Date.now(),
      askedAt,
      endedAt: undefined,
      outcome: 'none',
      fault: 'none',
      isDelivered: false,
    };
    this.exchanges.push(exchange);
    this.#count(exchange, answer);
    if ((await this.beforeExchange(exchange)) === 'drop') return;
    exchange.fault = this.decide(exchange);
    if (exchange.fault === 'time-out') return;
    if (exchange.fault === 'error') {
      answerJson(answer, 503, { error: 'unavailable' });
      return;
    }
    const mevetoId = this.#live.get(token);
    this.#live.delete(token);
    exchange.outcome = mevetoId === undefined ? 'invalid' : 'person';
    await this.beforeAnswer(exchange);
    if (exchange.fault === 'swallow-answer') return;
    if (exchange.fault === 'lose-answer') answer.socket?.destroy();
    else answerJson(answer, 200, bodyFor(mevetoId));
  }

  #count(exchange: Exchange, answer: ServerResponse): void {
    const { token } = exchange;
    const count = (this.#inFlight.get(token) ?? 0) + 1;
    this.#inFlight.set(token, count);
    this.mostInFlightPerToken = Math.max(this.mostInFlightPerToken, count);
    answer.on('finish', () => {
      exchange.isDelivered = true;
    });
    answer.on('close', () => {
      exchange.endedAt = Date.now();
      this.#inFlight.set(token, (this.#inFlight.get(token) ?? 1) - 1);
    });
  }

  /**
   * A webhook that was listed with a consumed token gets a new one the next time. It counts as listed when its page was
   * certainly read: when the following page is requested, or after the last page the first one again.
   */
  #page(cursor: number): unknown {
    if (cursor === 0) this.pollCount += 1;
    for (const token of this.#pages.get(cursor) ?? []) this.#listed.add(token);
    this.#pages.delete(cursor);
    const { listed, next } = this.#listedFrom(cursor);
    const webhooks = listed.map((event) => {
      const { id, type, createdAt } = event;
      return {
        id,
        type,
        user_token: this.#tokenToList(event),
        created_at: new Date(createdAt).toISOString(),
      };
    });
    const isLast = next >= this.events.length;
    const tokens = webhooks.map(({ user_token }) => user_token);
    this.#pages.set(isLast ? 0 : next, tokens);
    return {
      status: 'Pending_Webhooks_Retrieved',
      payload: { webhooks, next: isLast ? null : String(next) },
    };
  }

  #listedFrom(cursor: number): { listed: MevetoEvent[]; next: number } {
    const listed: MevetoEvent[] = [];
    let next = this.listsWebhooks ? cursor : this.events.length;
    for (; next < this.events.length && listed.length < PAGE_SIZE; next += 1) {
      const event = this.events[next];
      if (event?.mevetoId !== undefined && this.isListed(event)) listed.push(event);
    }
    return { listed, next };
  }

  #tokenToList(event: MevetoEvent): string {
    const last = event.tokens.at(-1) ?? '';
    if (!this.isUsedUp(last) || !this.#listed.has(last)) return last;
    const token = newToken();
    this.#live.set(token, event.mevetoId ?? '');
    event.tokens.push(token);
    return token;
  }
}

const bodyFor = (mevetoId: string | undefined): unknown =>
  mevetoId === undefined
    ? { status: 'Invalid_User_Token' }
    : { status: 'Token_User_Retrieved', payload: { user: mevetoId } };

function answerJson(answer: ServerResponse, status: number, body: unknown): void {
  answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
