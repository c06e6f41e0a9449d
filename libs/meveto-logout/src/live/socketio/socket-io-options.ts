import { Faults } from '../../options/checks.js';
import { allowedOriginsOf } from '../allowed-origin.js';
import { redirectsPerSecondOf } from '../redirect-pace.js';

/** How live push by Socket.IO behaves. */
export interface SocketIoOptions {
  /**
   * The application's own namespaces, by name or by pattern: a session that is over may not connect there, and the sockets
   * of a logged out user are told (`logged-out`) and disconnected there, too. Whoever has no session is let through.
   * @defaultValue []
   */
  readonly namespaces?: readonly (string | RegExp)[];
  /**
   * Open sockets of one user on the module's namespace, per process; a further one is refused with the code
   * `too-many-sockets`. Integer, 1 to 10 000.
   * @defaultValue 20
   */
  readonly maxSocketsPerUser?: number;
  /**
   * Origins whose pages may connect to the module's namespace, besides the one that the request itself is for. Example:
   * `['https://app.example.com']`.
   * @defaultValue []
   */
  readonly origins?: readonly string[];
  /**
   * How many pages may be sent to the login page in a second, per process, after a quarter of a second's worth at once;
   * later ones are told to wait for their turn, 30 s at most. Integer, 1 to 100 000.
   * @defaultValue 400
   */
  readonly redirectsPerSecond?: number;
}

export interface ResolvedSocketIoOptions {
  readonly namespaces: readonly (string | RegExp)[];
  readonly maxSocketsPerUser: number;
  readonly origins: readonly string[];
  readonly redirectsPerSecond: number;
}

const KNOWN = ['namespaces', 'maxSocketsPerUser', 'origins', 'redirectsPerSecond'];

/** Given options to resolved ones, and what is wrong with them. */
export function resolveSocketIoOptions(given: SocketIoOptions): {
  options: ResolvedSocketIoOptions;
  faults: readonly string[];
} {
  const faults = new Faults();
  for (const name of Object.keys(given)) {
    if (!KNOWN.includes(name)) {
      faults.add(`livePush.${name}: there is no such option. Known: ${KNOWN.join(', ')}.`);
    }
  }
  const options = {
    namespaces: namespacesOf(given.namespaces ?? [], faults),
    maxSocketsPerUser: faults.integer('livePush.maxSocketsPerUser', given.maxSocketsPerUser, 20, {
      min: 1,
      max: 10_000,
    }),
    origins: allowedOriginsOf(given.origins, faults),
    redirectsPerSecond: redirectsPerSecondOf(given.redirectsPerSecond, faults),
  };
  return { options, faults: faults.found };
}

function namespacesOf(given: unknown, faults: Faults): readonly (string | RegExp)[] {
  if (Array.isArray(given) && given.every(isNamespace)) return given;
  faults.add(
    `livePush.namespaces: wanted a list of Socket.IO namespaces, each a name that starts with '/' or a regular ` +
      `expression. Example: ['/chat'].`,
  );
  return [];
}

const isNamespace = (value: unknown): value is string | RegExp =>
  value instanceof RegExp || (typeof value === 'string' && value.startsWith('/'));
