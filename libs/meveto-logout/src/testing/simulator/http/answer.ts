/** The answer to a request. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer with a body of this type. */
export const answer = (
  type: 'html' | 'css' | 'javascript',
  body: string,
  status = 200,
  headers: Answer['headers'] = {},
): Answer => ({ status, headers: { 'content-type': `text/${type}; charset=utf-8`, ...headers }, body });

/** An answer with JSON. */
export const json = (body: object, status = 200, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(body),
});

/** A redirect. The location must be a valid URL or path. */
export const redirect = (location: string, status = 302, headers: Answer['headers'] = {}): Answer => ({
  status,
  headers: { location, ...headers },
  body: '',
});
