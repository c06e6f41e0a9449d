import { InvalidTokenException } from './invalid-token.exception.js';
import type { SessionRequest, TokenSource } from './session-reader.port.js';
import { isTooLong } from './token-candidates.js';
import { handshakeTexts } from './token-texts.js';

/** The request that opened a socket, with its tokens. */
export interface SocketOpening {
  /** The request as the client sent it, for readers of cookies and of `request.user`. */
  readonly request: SessionRequest;
  /** The source of the access tokens. */
  readonly handshake: TokenSource;
}

/** The used part of a Socket.IO socket. */
export interface SocketIoClient {
  readonly request: SessionRequest;
  readonly handshake: Omit<TokenSource, 'headers'>;
}

export function socketIoOpening({ request, handshake }: SocketIoClient): SocketOpening {
  // The handshake as the application knows it, with `auth` and `query`.
  const source = Object.create(handshake, { headers: { value: request.headers } }) as TokenSource;
  return { request, handshake: source };
}

/**
 * The opening of a WebSocket other than Socket.IO.
 * @param connectionParams the parameters that a client of graphql-ws sent
 */
export function webSocketOpening(request: SessionRequest, connectionParams?: unknown): SocketOpening {
  const source = Object.create(request, {
    headers: { value: request.headers },
    query: { value: queryOf(request) },
    connectionParams: { value: connectionParams },
  }) as TokenSource;
  return { request, handshake: source };
}

/**
 * The requests for the application's own readers, at least one. Such readers look for a token only in the Authorization header,
 * which browsers cannot set in a handshake. Each text that may be a token is the header of one of these requests.
 * @throws {InvalidTokenException} for more than 8 texts besides the header of the client, or for a text of more than 8 KiB
 */
export function requestsOf({ request, handshake }: SocketOpening): readonly SessionRequest[] {
  const values = new Set(handshakeTexts(handshake).map(asHeader));
  const { authorization: sent } = request.headers;
  if (sent !== undefined) values.add(sent);
  // Each of several requests is an object of its own, since middlewares put a session on it.
  return values.size === 0 || (values.size === 1 && values.has(sent ?? ''))
    ? [request]
    : [...values].map((authorization) => withAuthorization(request, authorization));
}

function asHeader(text: string): string {
  if (isTooLong(text)) throw new InvalidTokenException();
  return `Bearer ${text.trim().replace(/^bearer\s+/i, '')}`;
}

const withAuthorization = (request: SessionRequest, authorization: string): SessionRequest =>
  Object.create(request, { headers: { value: { ...request.headers, authorization } } }) as SessionRequest;

/** The query of the URL that opened the WebSocket. */
function queryOf(request: SessionRequest): Readonly<Record<string, unknown>> | undefined {
  const { url } = request as { url?: unknown };
  if (typeof url !== 'string') return undefined;
  const [, search] = /^[^?#]*\?([^#]*)/.exec(url) ?? [];
  if (search === undefined) return undefined;
  const query = new URLSearchParams(search);
  return Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name)]));
}
