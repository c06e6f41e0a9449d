import { request as send } from 'node:http';
import { until } from '../until.js';

/** Reads server-sent events as a browser does. */
export class EventStream {
  text = '';
  status = 0;
  isOpen = true;

  /** @param body posted as JSON; without a body, the request is a GET */
  constructor(url: string, headers: Record<string, string>, body?: unknown) {
    const close = () => (this.isOpen = false);
    const posted = body === undefined ? undefined : JSON.stringify(body);
    const method = posted === undefined ? 'GET' : 'POST';
    const type = { accept: 'text/event-stream', 'content-type': 'application/json' };
    send(url, { method, headers: { ...type, ...headers }, agent: false }, (response) => {
      this.status = response.statusCode ?? 0;
      response.setEncoding('utf8').on('data', (chunk: string) => (this.text += chunk));
      response.on('close', close).on('error', close);
    })
      .on('error', close)
      .end(posted);
  }

  /** Number of events with data. */
  get count(): number {
    return this.text.match(/^data: ?\S/gm)?.length ?? 0;
  }

  async flowing(): Promise<this> {
    await until('the stream flows', () => this.count > 0);
    return this;
  }
}
