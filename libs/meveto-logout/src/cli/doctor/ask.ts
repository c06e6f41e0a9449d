const TIMEOUT_MS = 5_000;
const MAX_BODY_CHARS = 65_536;

export type Answer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** The body, if it is JSON. */
      readonly body: unknown;
      /** Clock of the server, in epoch milliseconds: a whole second. */
      readonly date: number | undefined;
      /** Clock of this machine, in epoch milliseconds, before and after the request. */
      readonly sentAt: number;
      readonly receivedAt: number;
    }
  | { readonly kind: 'none'; readonly why: string };

/** Sends one request, at most 5 s, without following redirects. Never throws. */
export async function ask(url: URL, init: RequestInit = {}): Promise<Answer> {
  const sentAt = Date.now();
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, { ...init, redirect: 'manual', signal });
    const receivedAt = Date.now();
    const date = Date.parse(response.headers.get('date') ?? '');
    return {
      kind: 'answer',
      status: response.status,
      body: parsed(await response.text()),
      date: Number.isNaN(date) ? undefined : date,
      sentAt,
      receivedAt,
    };
  } catch (error) {
    return { kind: 'none', why: reasonOf(error) };
  }
}

/** A text property of a JSON body. */
export function textIn(body: unknown, name: string): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return undefined;
  const value = (body as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}

function parsed(text: string): unknown {
  if (text.length > MAX_BODY_CHARS) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A code such as ECONNREFUSED. Messages of errors may quote the URL, and with it a secret. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer within 5 s';
  const cause = error instanceof Error ? error.cause : undefined;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' && /^\w+$/.test(code) ? code : 'the request failed';
}
