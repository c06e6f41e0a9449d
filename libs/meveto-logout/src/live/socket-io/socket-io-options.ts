import {
  Faults,
  integer,
  type Option,
  refuseUnknown,
  type Resolved,
  resolveTable,
  type TableOf,
} from '../../core/index.js';
import { allowedOrigins } from '../allowed-origin.js';
import { redirectsPerSecond } from '../redirect-pace.js';

/** Options of live push by Socket.IO. */
export interface SocketIoOptions {
  /**
   * Namespaces of the application to protect, by name or pattern: ended sessions may not connect there, and the sockets
   * of a logged out user get `logged-out` there and are disconnected. Sockets without a session pass.
   * @defaultValue []
   */
  readonly namespaces?: readonly (string | RegExp)[];
  /**
   * Maximum of open sockets per user and process on the module's namespace. A further socket is refused with the code
   * `too-many-sockets`. Integer, 1 to 10 000.
   * @defaultValue 20
   */
  readonly maxSocketsPerUser?: number;
  /**
   * Origins whose pages may connect to the module's namespace, besides the request's own origin. Example:
   * `['https://app.example.com']`.
   * @defaultValue []
   */
  readonly origins?: readonly string[];
  /**
   * Redirects to the login page per second and process, after an initial burst of a quarter of a second. Further pages
   * wait, 30 s at most. Integer, 1 to 100 000.
   * @defaultValue 400
   */
  readonly redirectsPerSecond?: number;
}

const namespaces: Option<readonly (string | RegExp)[]> = {
  shape: 'list of names and patterns',
  byDefault: '[]',
  read: (name, given, faults) => {
    const list = given ?? [];
    if (Array.isArray(list) && list.every(isNamespace)) return list;
    faults.add(
      `${name}: expected a list of Socket.IO namespaces, each a name that starts with '/' or a regular ` +
        `expression. Example: ['/chat'].`,
    );
    return [];
  },
};

const isNamespace = (value: unknown): value is string | RegExp =>
  value instanceof RegExp || (typeof value === 'string' && value.startsWith('/'));

export const socketIoTable = {
  namespaces,
  maxSocketsPerUser: integer(20, 1, 10_000),
  origins: allowedOrigins,
  redirectsPerSecond,
} satisfies TableOf<SocketIoOptions>;

export type ResolvedSocketIoOptions = Resolved<typeof socketIoTable>;

/** Resolves the given options and collects their faults. */
export function resolveSocketIoOptions(given: SocketIoOptions): {
  options: ResolvedSocketIoOptions;
  faults: readonly string[];
} {
  const faults = new Faults();
  refuseUnknown(socketIoTable, given, faults, 'livePush.');
  const options = resolveTable(socketIoTable, given, faults, 'livePush.');
  return { options, faults: faults.found };
}
