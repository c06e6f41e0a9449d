import { request as send } from 'node:http';
import { until } from './until.js';

/** Server-sent events as a browser reads them. */
export class EventStream {
  text = '';
  status = 0;
  isOpen = true;

  /** @param body posted as JSON; without one it is asked for by GET */
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

  /** Of the events that have data. */
  get count(): number {
    return this.text.match(/^data: ?\S/gm)?.length ?? 0;
  }

  async flowing(): Promise<this> {
    await until('the stream flows', () => this.count > 0);
    return this;
  }
}
