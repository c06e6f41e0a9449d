import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { SessionRequest } from '../sessions/index.js';
import type { ClientScriptName } from './client-script.js';
import { clientScripts } from './client-scripts.generated.js';
import { SessionStates } from './session-states.js';

/**
 * Answers browsers through the HTTP adapter directly: no filter or interceptor of the application changes the answers
 * that the client reads.
 */
@Injectable()
export class BrowserAnswers {
  constructor(
    @Inject(SessionStates) private readonly states: SessionStates,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  /** Whether the session of the request is live. */
  async sendState(request: SessionRequest, response: object): Promise<void> {
    const { status, body } = await this.states.of(request);
    // Keep an existing Vary value, such as Origin when CORS is on.
    const varied: unknown = this.host.httpAdapter.getHeader(response, 'Vary');
    this.#set(response, {
      'Cache-Control': 'no-store',
      Vary: `${typeof varied === 'string' ? `${varied}, ` : ''}Cookie, Authorization`,
      ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
      ...(status === 503 && { 'Retry-After': '2' }),
    });
    await this.host.httpAdapter.reply(response, body, status);
  }

  sendScript(name: ClientScriptName, request: SessionRequest, response: object): unknown {
    const { httpAdapter } = this.host;
    const script = clientScripts[name];
    this.#set(response, {
      // Private: a session middleware may set a cookie on any answer.
      'Cache-Control': 'private, max-age=3600',
      ETag: script.etag,
      'X-Content-Type-Options': 'nosniff',
    });
    const known = request.headers['if-none-match'] ?? '';
    if (known.includes(script.etag)) return httpAdapter.reply(response, undefined, 304);
    this.#set(response, { 'Content-Type': 'text/javascript; charset=utf-8' });
    return httpAdapter.reply(response, script.content, 200);
  }

  #set(response: object, headers: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(headers)) {
      this.host.httpAdapter.setHeader(response, name, value);
    }
  }
}
