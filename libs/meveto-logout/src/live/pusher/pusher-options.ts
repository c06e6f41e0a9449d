import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency, Type } from '@nestjs/common';
import type { CanActivate } from '@nestjs/common';
import {
  Faults,
  flag,
  integer,
  isLoopback,
  isObject,
  kindOf,
  milliseconds,
  type Option,
  optional,
  refuseUnknown,
  requiredText,
  type Resolved,
  resolveTable,
  type TableOf,
} from '../../core/index.js';
import type { PusherSubscription } from '../../protocol/index.js';
import { allowedOrigins } from '../allowed-origin.js';
import { redirectsPerSecond } from '../redirect-pace.js';
import type { PusherConnection, PusherServer } from './pusher-server.js';

/** The Pusher application to use. */
export interface PusherOptions {
  /** `app_id` of the Pusher application. Not needed with `server`. */
  readonly appId?: string;
  /** `key` of the Pusher application. The key is public: browsers receive it. */
  readonly key: string;
  /** `secret` of the Pusher application. Not needed with `server`. */
  readonly secret?: string;
  /**
   * `cluster` of the Pusher application, such as 'eu'. Give either `cluster` or `host`.
   * @defaultValue none
   */
  readonly cluster?: string;
  /**
   * Host name of a server with Pusher's protocol, for browsers and for this server. Replaces `cluster`.
   * @defaultValue none
   */
  readonly host?: string;
  /**
   * Port of `host`. Integer, 1 to 65 535.
   * @defaultValue 443, without TLS 80
   */
  readonly port?: number;
  /**
   * TLS to Pusher. `false` is allowed only for a `host` on a loopback address.
   * @defaultValue true
   */
  readonly useTLS?: boolean;
  /**
   * Deadline of one request to Pusher. Integer, 100 to 30 000. One logout gets three attempts.
   * @defaultValue 5000
   */
  readonly timeoutMs?: number;
  /**
   * Redirects to the login page per second and process, after an initial burst of a quarter of a second. Further pages
   * wait, 30 s at most. Integer, 1 to 100 000.
   * @defaultValue 400
   */
  readonly redirectsPerSecond?: number;
  /**
   * Origins whose pages may subscribe, besides the request's own origin. Example: `['https://app.example.com']`. The
   * application must also allow these origins by CORS.
   * @defaultValue []
   */
  readonly origins?: readonly string[];
  /**
   * A `Pusher` of the official package that the application created. Replaces `appId` and `secret`.
   * @defaultValue none
   */
  readonly server?: PusherServer;
}

/** The part of the options that is needed before any configuration is read. */
export interface PusherRoute {
  /**
   * Path of the route that returns the channels of a browser and authorises subscriptions, below the global prefix.
   * @defaultValue 'meveto/pusher'
   */
  readonly path?: string;
  /**
   * Guards of the application that set `request.user`, for session readers that use `request.user`.
   * @defaultValue []
   */
  readonly guards?: readonly (Type<CanActivate> | CanActivate)[];
}

/** The options from a factory, as in `forRootAsync`. */
export interface PusherAsyncOptions extends PusherRoute, Pick<ModuleMetadata, 'imports'> {
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[];
  readonly useFactory: (...dependencies: never[]) => PusherOptions | Promise<PusherOptions>;
}

/** What a browser needs to connect. Contains no secret. */
type BrowserConnection = Omit<PusherSubscription, 'channels'>;

export interface ResolvedPusherOptions {
  readonly browser: BrowserConnection;
  readonly timeoutMs: number;
  readonly redirectsPerSecond: number;
  readonly origins: readonly string[];
  readonly server: PusherServer | PusherConnection;
}

const credential = requiredText('It is shown on the page of your Pusher application.');
const place = requiredText("Example: pusher({ …, cluster: 'eu' }).");

const server: Option<PusherServer | undefined> = {
  shape: '`Pusher`',
  byDefault: 'none',
  read: (name, given, faults) => {
    if (given === undefined || given === null) return undefined;
    if (isServer(given)) return given;
    faults.add(
      `${name}: expected a client of the package pusher. Example: new Pusher({ appId, key, secret, cluster }).`,
    );
    return undefined;
  },
};

const isServer = (value: unknown): value is PusherServer =>
  isObject(value) &&
  typeof value['triggerBatch'] === 'function' &&
  typeof value['authorizeChannel'] === 'function';

/** @param hasServer whether the application passes its own client, which has the credentials */
export const pusherTable = (hasServer = false) =>
  ({
    appId: hasServer ? optional(credential) : credential,
    key: credential,
    secret: hasServer ? optional(credential) : credential,
    cluster: optional(place),
    host: optional(place),
    port: optional(integer(443, 1, 65_535), '443, without TLS 80'),
    useTLS: flag(true),
    timeoutMs: milliseconds(5_000, 100, 30_000),
    redirectsPerSecond,
    origins: allowedOrigins,
    server,
  }) satisfies TableOf<PusherOptions>;

const DEFAULT_PATH = 'meveto/pusher';

const routePath: Option<string> = {
  shape: 'path',
  byDefault: `'${DEFAULT_PATH}'`,
  read: (name, given, faults) => {
    const value = given ?? DEFAULT_PATH;
    if (typeof value === 'string') return value;
    faults.add(`${name}: got ${kindOf(value)}, expected a path. Example: '${DEFAULT_PATH}'.`);
    return DEFAULT_PATH;
  },
};

const guards: Option<NonNullable<PusherRoute['guards']>> = {
  shape: 'list of guards',
  byDefault: '[]',
  read: (name, given, faults) => {
    const list = given ?? [];
    if (Array.isArray(list)) return list as NonNullable<PusherRoute['guards']>;
    faults.add(`${name}: got ${kindOf(list)}, expected a list of guards. Example: [AuthGuard('jwt')].`);
    return [];
  },
};

/** The properties that `pusher()` accepts beside the options. */
export const routeTable = { path: routePath, guards } satisfies TableOf<PusherRoute>;

/** Checks the properties of Pusher's route. */
export function resolvePusherRoute(given: PusherRoute): {
  readonly route: Resolved<typeof routeTable>;
  readonly faults: readonly string[];
} {
  const faults = new Faults();
  const route = resolveTable(routeTable, given, faults, 'livePush.');
  return { route, faults: faults.found };
}

/**
 * Checks the options and fills in the defaults. Every fault is one line; no fault quotes a secret.
 * @param source a factory must not return the properties of the route
 */
export function resolvePusherOptions(
  given: PusherOptions,
  source: 'application' | 'factory' = 'application',
): {
  readonly resolved: ResolvedPusherOptions;
  readonly faults: readonly string[];
} {
  const faults = new Faults();
  const values: unknown = given;
  const table = pusherTable(isObject(values) && (values['server'] ?? undefined) !== undefined);
  if (source === 'factory') refuseRoute(values, faults);
  refuseUnknown(table, values, faults, 'livePush.', Object.keys(routeTable));
  const options = resolveTable(table, given, faults, 'livePush.');
  const { appId = '', key, secret = '', useTLS, timeoutMs, redirectsPerSecond, origins } = options;
  const place = placeOf(options, faults);
  const server = options.server ?? { appId, key, secret, useTLS, timeoutMs, ...place };
  const browser = browserOf(key, useTLS, place);
  return { resolved: { browser, timeoutMs, redirectsPerSecond, origins, server }, faults: faults.found };
}

/** By the time a factory is asked, the route is made. */
function refuseRoute(given: unknown, faults: Faults): void {
  if (!isObject(given)) return;
  for (const name of Object.keys(given).filter((each) => Object.hasOwn(routeTable, each))) {
    faults.add(
      `livePush.${name}: is a static option, which useFactory cannot give. Give it beside it: ` +
        `pusher({ ${name}: …, useFactory }).`,
    );
  }
}

type Place =
  | { readonly cluster: string; readonly host: undefined }
  | { readonly host: string; readonly port: number | undefined };

function placeOf(options: Resolved<ReturnType<typeof pusherTable>>, faults: Faults): Place {
  const { cluster, host, port, useTLS } = options;
  if ((cluster === undefined) === (host === undefined)) {
    faults.add("livePush: expected either cluster or host. Example: pusher({ …, cluster: 'eu' }).");
  }
  if (host === undefined) {
    if (!useTLS) faults.add('livePush.useTLS: got false, expected true: Pusher itself is reached by TLS.');
    return { cluster: cluster ?? '', host: undefined };
  }
  if (!useTLS && !isLoopback(host)) {
    faults.add(
      'livePush.useTLS: got false, expected true: without TLS only a host on a loopback address is allowed.',
    );
  }
  return { host, port };
}

function browserOf(key: string, forceTLS: boolean, place: Place): BrowserConnection {
  if (place.host === undefined) return { key, cluster: place.cluster, forceTLS };
  const { host, port } = place;
  const ports = port === undefined ? {} : { wsPort: port, wssPort: port };
  // pusher-js requires a cluster, but ignores it when a host is given.
  return { key, cluster: '', forceTLS, wsHost: host, ...ports };
}
