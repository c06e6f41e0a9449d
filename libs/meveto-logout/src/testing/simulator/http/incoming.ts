import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

const MAX_BODY_BYTES = 100_000;

/** Refuses a request. */
export class RequestRefused extends Error {
  constructor(readonly status: 400 | 413) {
    super(`Refused: ${String(status)}`);
  }
}

/** A request of the simulator's server. */
export class Incoming {
  /** Path and query, as they were sent. */
  readonly target: string;
  readonly #url: URL;
  #fields: Promise<Readonly<Record<string, unknown>>> | undefined;

  /** @throws {RequestRefused} when the path is not valid */
  constructor(private readonly message: IncomingMessage) {
    this.target = message.url ?? '/';
    const url = `http://127.0.0.1${this.target}`;
    if (!this.target.startsWith('/') || !URL.canParse(url)) throw new RequestRefused(400);
    this.#url = new URL(url);
  }

  /** HEAD counts as GET. */
  get method(): string {
    return this.message.method === 'HEAD' ? 'GET' : (this.message.method ?? 'GET');
  }

  get headers(): IncomingHttpHeaders {
    return this.message.headers;
  }

  /** The segments of the path, decoded. */
  get segments(): readonly string[] {
    return this.#url.pathname
      .split('/')
      .filter((segment) => segment !== '')
      .map(decoded);
  }

  /** A parameter of the query that occurs exactly once. */
  query(name: string): string | undefined {
    return single(this.#url.searchParams, name);
  }

  /**
   * A field of a body, which is a form or JSON, that is a text and occurs exactly once.
   * @throws {RequestRefused} when the body is no JSON, or longer than 100 000 bytes
   */
  async field(name: string): Promise<string | undefined> {
    const fields = await (this.#fields ??= this.#readFields());
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return typeof value === 'string' ? value : undefined;
  }

  async #readFields(): Promise<Readonly<Record<string, unknown>>> {
    const type = this.headers['content-type'] ?? '';
    const text = await this.#readText();
    if (/^application\/json\b/i.test(type)) return objectOf(text);
    if (!/^application\/x-www-form-urlencoded\b/i.test(type)) return {};
    const form = new URLSearchParams(text);
    return Object.fromEntries([...form.keys()].map((name) => [name, single(form, name)]));
  }

  async #readText(): Promise<string> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of this.message.iterator({ destroyOnReturn: false })) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length > MAX_BODY_BYTES) throw new RequestRefused(413);
    }
    return Buffer.concat(chunks).toString();
  }
}

function single(parameters: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = parameters.getAll(name);
  return others.length === 0 ? value : undefined;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new RequestRefused(400);
  }
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    throw new RequestRefused(400);
  }
}
