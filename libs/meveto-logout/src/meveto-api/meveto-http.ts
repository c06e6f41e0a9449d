import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { HttpService } from '@nestjs/axios';
import { Inject, Injectable } from '@nestjs/common';
import axios, { type AxiosResponse } from 'axios';
import { firstValueFrom } from 'rxjs';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { RESOLVED_OPTIONS } from '../tokens.js';
import { Deadline } from './deadline.js';
import { retryAfterMsOf } from './retry-after.js';
import { WatchedTransport } from './watched-transport.js';

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
 * GET requests to Meveto's server: kept-alive connections, one deadline for the whole request, no redirects, no proxy
 * but by an agent of the application's own, a bounded answer. Never throws; a failure carries a code and never axios's own error, which holds the URL.
 */
@Injectable()
export class MevetoHttp {
  readonly #httpAgent: HttpAgent;
  readonly #httpsAgent: HttpsAgent;

  constructor(
    @Inject(HttpService) private readonly http: HttpService,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    const agentOptions = { keepAlive: true, maxSockets: options.exchange.concurrency + 1 };
    this.#httpAgent = new HttpAgent(agentOptions);
    this.#httpsAgent = new HttpsAgent(agentOptions);
    // An instance of its own still has the headers that the application has set as defaults on axios itself.
    http.axiosRef.defaults.headers.common = {};
  }

  async get(request: MevetoRequest): Promise<MevetoAnswer> {
    const deadline = new Deadline(request.timeoutMs, request.signal);
    const { agent } = this.options.outbound;
    const transport = new WatchedTransport(agent === undefined);
    try {
      const response = await firstValueFrom(
        this.http.get<string>(`${this.options.apiUrl}${request.path}`, {
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
        }),
      );
      return answerOf(response);
    } catch (error) {
      const reason = deadline.isOver ? 'timeout' : codeOf(error);
      if (deadline.isOver) this.#forgetIdleConnections();
      return { kind: 'failure', reason, maybeSent: transport.mayHaveSent };
    } finally {
      deadline.clear();
    }
  }

  /**
   * After a time-out those that were kept may be as dead as the one that was used: without a word from the network each
   * would cost one more time-out, and one more pause of the breaker.
   */
  #forgetIdleConnections(): void {
    for (const agent of [this.#httpAgent, this.#httpsAgent]) {
      for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
    }
  }

  /** An agent of the application's own is left alone: others may use it. */
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
