import { waitUntil } from './wait-until.js';

/** A route that a session or a token opens. */
export interface HttpAccess {
  /** Path of a route that only a user who is signed in gets with a 2xx, with `GET`. */
  readonly path: string;
  /** The session's cookie, or the `set-cookie` headers of the login. */
  readonly cookie?: string | readonly string[];
  /** An access token, sent as `Authorization: Bearer`. */
  readonly bearer?: string;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A connection of a user: a socket of `socket.io-client`, a `WebSocket`, an `EventSource`. */
export interface SocketAccess {
  readonly socket: { readonly connected: boolean } | { readonly readyState: number };
}

/** A way in which a user is signed in. */
export type Access = HttpAccess | SocketAccess;

const DEADLINE_MS = 3_000;
const OPEN = 1;

/**
 * Waits until this access lets the user in, or no longer does.
 * @returns what is wrong after 3 s, at once for a request that must succeed; undefined if nothing is
 */
export async function faultOf(
  access: Access,
  expected: 'signed-in' | 'logged-out',
  origin: () => Promise<string>,
): Promise<string | undefined> {
  let fault: string | undefined;
  const look =
    'socket' in access ? () => socketFault(access, expected) : () => httpFault(access, expected, origin);
  const isAtOnce = expected === 'signed-in' && !('socket' in access);
  await waitUntil(isAtOnce ? 0 : DEADLINE_MS, async () => {
    fault = await look();
    return fault === undefined;
  });
  return fault;
}

function socketFault({ socket }: SocketAccess, expected: 'signed-in' | 'logged-out'): string | undefined {
  const isOpen = 'connected' in socket ? socket.connected : socket.readyState === OPEN;
  if (isOpen === (expected === 'signed-in')) return undefined;
  return isOpen
    ? 'The socket is still open. Its handshake must carry the cookie or token, and the option livePush must cover its namespace.'
    : 'The socket is not open. Connect it with the cookie or token of a live session.';
}

async function httpFault(
  access: HttpAccess,
  expected: 'signed-in' | 'logged-out',
  origin: () => Promise<string>,
): Promise<string | undefined> {
  const response = await fetch(new URL(access.path, await origin()), {
    headers: headersOf(access),
    redirect: 'manual',
  });
  await response.body?.cancel();
  const { status } = response;
  const isIn = status >= 200 && status < 300;
  const isOut = status === 401 || status === 403 || (status >= 300 && status < 400);
  if (expected === 'signed-in' ? isIn : isOut) return undefined;
  const sent = access.bearer === undefined ? 'with the cookie' : 'with the access token';
  const answered = `GET ${access.path} ${sent} answered ${String(status)}`;
  return expected === 'signed-in'
    ? `${answered}, expected 2xx. Name a route that needs a session, and give the cookie or token of a new login.`
    : `${answered}, expected 401, 403 or a redirect. The option session must have a reader for this session, and the guard must protect the route.`;
}

function headersOf({ cookie, bearer, headers }: HttpAccess): Record<string, string> {
  const pairs = [cookie ?? []].flat().map((line) => line.split(';', 1)[0] ?? '');
  // The cookies of one Cookie header stay as they are.
  const cookies = typeof cookie === 'string' && !/;\s*path=/i.test(cookie) ? cookie : pairs.join('; ');
  return {
    accept: 'application/json',
    ...(cookie !== undefined && { cookie: cookies }),
    ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
    ...headers,
  };
}
