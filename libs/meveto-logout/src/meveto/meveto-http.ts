import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingMessage,
  request as requestHttp,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { HttpService } from '@nestjs/axios';
import { Inject, Injectable } from '@nestjs/common';
import axios, { type AxiosResponse } from 'axios';
import { Deadline } from '../core/index.js';
import { MEVETO_OPTIONS, type ResolvedMeveto } from './resolve-meveto.js';
import { INBOX_OPTIONS, type ResolvedInbox } from '../inbox/index.js';
import { HTTP_SERVICE } from './tokens.js';

/**
 * Axios sets this delay of TCP keep-alive on the connection of each request. Node's agent sets its own when the request ends, one second by
 * default. With two different delays each request costs eight system calls. A dead idle connection costs one time-out, as before.
 */
const AXIOS_KEEP_ALIVE_MS = 60_000;

export type MevetoAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly retryAfterMs: number | undefined;
    }
  | {
      readonly kind: 'failure';
      readonly reason: string;
      /** False only if it is certain that not a byte of the request left this machine. */
      readonly maybeSent: boolean;
    };

export interface MevetoRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly auth?: { readonly username: string; readonly password: string };
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** A longer answer is a failure. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Sends GET requests to Meveto's server: kept-alive connections, one deadline for the whole request, no redirects, a bounded
 * answer. Only an agent of the application can add a proxy. Never throws: a failure carries a code instead of axios's error,
 * which contains the URL.
 */
@Injectable()
export class MevetoHttp {
  readonly #httpAgent: HttpAgent;
  readonly #httpsAgent: HttpsAgent;

  constructor(
    @Inject(HTTP_SERVICE) private readonly http: HttpService,
    @Inject(MEVETO_OPTIONS) private readonly options: ResolvedMeveto,
    @Inject(INBOX_OPTIONS) inboxOptions: ResolvedInbox,
  ) {
    const maxSockets = inboxOptions.concurrency + 1;
    const agentOptions = { keepAlive: true, keepAliveMsecs: AXIOS_KEEP_ALIVE_MS, maxSockets };
    this.#httpAgent = new HttpAgent(agentOptions);
    this.#httpsAgent = new HttpsAgent(agentOptions);
  }

  async get(request: MevetoRequest): Promise<MevetoAnswer> {
    const { agent } = this.options.outbound;
    const transport = new WatchedTransport(agent === undefined);
    const deadline = new Deadline(request.timeoutMs, request.signal, () => transport.mayHaveSent);
    try {
      // Not HttpService.get(): its observable cancels each request after the answer, which costs time and has no effect.
      const response = await this.http.axiosRef.get<string>(`${this.options.apiUrl}${request.path}`, {
        params: request.query,
        ...(request.auth && { auth: request.auth }),
        headers: { Accept: 'application/json', ...request.headers },
        responseType: 'text',
        transformResponse: (body: unknown) => body,
        validateStatus: () => true,
        maxRedirects: 0,
        maxContentLength: request.maxBytes,
        proxy: false,
        transport,
        adapter: 'http',
        httpAgent: agent ?? this.#httpAgent,
        httpsAgent: agent ?? this.#httpsAgent,
        signal: deadline.signal,
      });
      return answerOf(response);
    } catch (error) {
      const reason = deadline.hasPassed ? 'timeout' : codeOf(error);
      if (deadline.hasPassed) this.#forgetIdleConnections();
      return { kind: 'failure', reason, maybeSent: transport.mayHaveSent };
    } finally {
      deadline.clear();
    }
  }

  /**
   * After a time-out the idle connections may be dead, too. The network does not report a dead connection: each would cost
   * one more time-out and one more pause of the breaker.
   */
  #forgetIdleConnections(): void {
    for (const agent of [this.#httpAgent, this.#httpsAgent]) {
      for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
    }
  }

  /** Closes the package's own agents. An agent of the application stays open: other code may use it. */
  close(): void {
    this.#httpAgent.destroy();
    this.#httpsAgent.destroy();
  }
}

function answerOf(response: AxiosResponse<string>): MevetoAnswer {
  return {
    kind: 'answer',
    status: response.status,
    body: typeof response.data === 'string' ? response.data : '',
    retryAfterMs: retryAfterMsOf(response.headers['retry-after'], Date.now()),
  };
}

function codeOf(error: unknown): string {
  if (axios.isCancel(error)) return 'cancelled';
  if (axios.isAxiosError(error) && error.message.startsWith('maxContentLength')) return 'answer-too-large';
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code !== '' ? code : 'no-answer';
}

/**
 * Converts a Retry-After header, in seconds or as an HTTP date, to milliseconds from `now` on, never less than 0. Undefined
 * for any other value.
 */
export function retryAfterMsOf(header: unknown, now: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  if (/^\d{1,6}$/.test(header)) return Number(header) * 1_000;
  const at = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(header)
    ? Date.parse(header)
    : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/**
 * Sends one request like `node:http` and `node:https`, and records whether any byte of the request may have left this
 * machine. No byte leaves while the request waits for a connection, for its opening or for its TLS handshake.
 */
class WatchedTransport {
  #mayHaveSent = false;

  /**
   * @param isOwnAgent whether connections come from Node's own agents. An agent of the application may return any stream, for
   * example a tunnel, whose state is not reliable: bytes may have left as soon as the stream is there.
   */
  constructor(private readonly isOwnAgent: boolean) {}

  get mayHaveSent(): boolean {
    return this.#mayHaveSent;
  }

  /** Axios calls this method instead of the request function of Node's own modules. */
  request(options: RequestOptions, onResponse: (response: IncomingMessage) => void): ClientRequest {
    const send = options.protocol === 'https:' ? requestHttps : requestHttp;
    return send(options, onResponse).once('socket', (socket) => {
      this.#watch(socket);
    });
  }

  #watch(socket: Socket): void {
    const opening = this.isOwnAgent ? openingOf(socket) : undefined;
    if (opening === undefined) {
      this.#mayHaveSent = true;
    } else {
      // Until this event, all written data waits in this process and is discarded with the socket.
      socket.prependOnceListener(opening, () => {
        this.#mayHaveSent = true;
      });
    }
  }
}

/** The event after which a connection carries requests; undefined when it is already open, such as a kept-alive one. */
function openingOf(socket: Socket): 'connect' | 'secureConnect' | undefined {
  const tls = socket as { encrypted?: boolean; secureConnecting?: boolean };
  if (tls.encrypted === true) return tls.secureConnecting === true ? 'secureConnect' : undefined;
  return socket.connecting ? 'connect' : undefined;
}
