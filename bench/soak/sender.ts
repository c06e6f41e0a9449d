import { Agent, request, type RequestOptions } from 'node:http';
import { tokenOf } from '../runs/live-protocol.js';

const CONNECTIONS = 64;
const TIME_OUT_MS = 10_000;

/** Sends webhooks and guarded requests, and keeps their times and failures. */
export class Sender {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  #acknowledgedMs: number[] = [];
  #requests = 0;
  /** What went wrong, in the order of time. */
  #failures: string[] = [];

  constructor(private readonly url: string) {}

  /** @param dueAt the time counts from here, of `performance.now()` */
  async webhook(token: string, dueAt = performance.now()): Promise<boolean> {
    const body = JSON.stringify({ type: 'User_Logged_Out', user_token: token });
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const status = await this.#send('/meveto/webhook', { method: 'POST', headers }, body);
    if (status === 202) this.#acknowledgedMs.push(performance.now() - dueAt);
    else this.#failures.push(`webhook: ${String(status)}`);
    return status === 202;
  }

  /** One request of a live session, and one of a session that a logout has ended. */
  async guarded(users: number): Promise<void> {
    const sessionOf = (user: number, signedInAt: number) => ({
      headers: { authorization: `Bearer ${tokenOf(String(user), signedInAt)}` },
    });
    const live = await this.#send('/api', sessionOf(users + 1, Date.now()));
    const ended = await this.#send('/api', sessionOf(1, 1_700_000_000_000));
    this.#requests += 2;
    if (live !== 200) this.#failures.push(`live session: ${String(live)}`);
    if (ended !== 401) this.#failures.push(`ended session: ${String(ended)}`);
  }

  /** What happened since the last call. */
  take() {
    const taken = {
      acknowledgedMs: this.#acknowledgedMs,
      requests: this.#requests,
      failures: this.#failures,
    };
    this.#acknowledgedMs = [];
    this.#requests = 0;
    this.#failures = [];
    return taken;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Resolves with the status, or with the code of the error. */
  #send(path: string, options: RequestOptions, body?: string, isRetry = false): Promise<number | string> {
    return new Promise((resolve) => {
      const sending = request(`${this.url}${path}`, { ...options, agent: this.#agent }, (response) => {
        response.resume().on('end', () => {
          resolve(response.statusCode ?? 0);
        });
        response.on('error', () => {
          resolve('answer cut off');
        });
      });
      sending.setTimeout(TIME_OUT_MS, () => sending.destroy());
      sending
        .on('error', ({ code }: NodeJS.ErrnoException) => {
          // The server closed the idle connection at the same moment.
          const isClosed = sending.reusedSocket && code === 'ECONNRESET' && !isRetry;
          resolve(isClosed ? this.#send(path, options, body, true) : (code ?? 'no answer'));
        })
        .end(body);
    });
  }
}
