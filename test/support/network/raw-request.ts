import { type IncomingHttpHeaders, request as send } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Names and values of the set cookies, for the next request. */
  readonly cookie: string;
}

/** Sends one request with exactly these headers: fetch() would add headers of a script. */
export function request(
  method: string,
  url: string,
  headers: Record<string, string> = {},
  body?: unknown,
): Promise<Answer> {
  const content = body === undefined ? undefined : JSON.stringify(body);
  const all = content === undefined ? headers : { 'content-type': 'application/json', ...headers };
  return new Promise((resolve, reject) => {
    send(url, { method, headers: all, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const cookie = (response.headers['set-cookie'] ?? []).map((line) => line.split(';', 1)[0]).join('; ');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, cookie });
      });
    })
      .on('error', reject)
      .end(content);
  });
}
