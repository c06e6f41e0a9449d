import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency, Type } from '@nestjs/common';
import type { CanActivate } from '@nestjs/common';
import { Faults, isLoopback } from '../../options/checks.js';
import { allowedOriginsOf } from '../allowed-origin.js';
import { redirectsPerSecondOf } from '../redirect-pace.js';
import type { PusherServer } from './pusher-server.js';

/** Which Pusher application to use. */
export interface PusherOptions {
  /** `app_id` of the Pusher application. Not needed with `server`. */
  readonly appId?: string;
  /** Its key. Public: browsers get it. */
  readonly key: string;
  /** Its secret. Not needed with `server`. */
  readonly secret?: string;
  /** Its cluster, such as 'eu'. Either this or `host`. */
  readonly cluster?: string;
  /** Host name of a server that speaks Pusher's protocol, in place of `cluster`; for browsers and for this server alike. */
  readonly host?: string;
  /**
   * Port of `host`. Integer, 1 to 65 535.
   * @defaultValue 443, without TLS 80
   */
  readonly port?: number;
  /**
   * TLS to Pusher. False is for a `host` on a loopback address only.
   * @defaultValue true
   */
  readonly useTLS?: boolean;
  /**
   * Deadline of one request to Pusher, in milliseconds. Integer, 100 to 30 000. Three are tried for one logout.
   * @defaultValue 5000
   */
  readonly timeoutMs?: number;
  /**
   * How many users’ pages may be sent to the login page in a second, per process, after a quarter of a second's worth at
   * once; later ones are told to wait for their turn, 30 s at most. Integer, 1 to 100 000.
   * @defaultValue 400
   */
  readonly redirectsPerSecond?: number;
  /**
   * Origins whose pages may subscribe, besides the one that the request itself is for. Example: `['https://app.example.com']`.
   * The application allows them by CORS, too.
   * @defaultValue []
   */
  readonly origins?: readonly string[];
  /** A `Pusher` of the application's own, of the official package, in place of `appId` and `secret`. */
  readonly server?: PusherServer;
}

/** What is chosen by the shape of the application, before any configuration is read. */
export interface PusherRoute {
  /**
   * Path of the route that tells browsers their channel and authorises it, below the global prefix.
   * @defaultValue 'meveto/pusher'
   */
  readonly path?: string;
  /** Guards of the application that put `request.user` there, for session readers that look at it. */
  readonly guards?: readonly (Type<CanActivate> | CanActivate)[];
}

/** The options from a factory, as in `forRootAsync`. */
export interface PusherAsyncOptions extends PusherRoute, Pick<ModuleMetadata, 'imports'> {
  readonly inject?: readonly (InjectionToken | OptionalFactoryDependency)[];
  readonly useFactory: (...dependencies: never[]) => PusherOptions | Promise<PusherOptions>;
}

/** Where the official library connects to. */
export type PusherConnection = {
  readonly appId: string;
  readonly key: string;
  readonly secret: string;
  readonly useTLS: boolean;
  readonly timeoutMs: number;
} & (
  | { readonly cluster: string; readonly host: undefined }
  | { readonly host: string; readonly port: number | undefined }
);

/** What a browser needs to connect; nothing of it is secret. */
export interface BrowserConnection {
  readonly key: string;
  readonly cluster: string;
  readonly forceTLS: boolean;
  readonly wsHost?: string;
  readonly wsPort?: number;
  readonly wssPort?: number;
}

export interface ResolvedPusherOptions {
  readonly browser: BrowserConnection;
  readonly timeoutMs: number;
  readonly redirectsPerSecond: number;
  readonly origins: readonly string[];
  readonly server: PusherServer | PusherConnection;
}

/** Checks the options and fills in the defaults; every fault is one line, and none quotes a secret. */
export function resolvePusherOptions(given: PusherOptions): {
  readonly resolved: ResolvedPusherOptions;
  readonly faults: readonly string[];
} {
  const faults = new Faults();
  const remedy = 'It is shown on the page of your Pusher application.';
  const key = faults.text('livePush.key', given.key, remedy);
  const timeoutMs = faults.integer('livePush.timeoutMs', given.timeoutMs, 5_000, { min: 100, max: 30_000 });
  const redirectsPerSecond = redirectsPerSecondOf(given.redirectsPerSecond, faults);
  const origins = allowedOriginsOf(given.origins, faults);
  const useTLS = given.useTLS ?? true;
  const place = placeOf(given, useTLS, faults);
  const server = given.server ?? {
    appId: faults.text('livePush.appId', given.appId, remedy),
    key,
    secret: faults.text('livePush.secret', given.secret, remedy),
    useTLS,
    timeoutMs,
    ...place,
  };
  const browser = browserOf(key, useTLS, place);
  return { resolved: { browser, timeoutMs, redirectsPerSecond, origins, server }, faults: faults.found };
}

type Place =
  | { readonly cluster: string; readonly host: undefined }
  | { readonly host: string; readonly port: number | undefined };

function placeOf({ cluster, host, port }: PusherOptions, useTLS: boolean, faults: Faults): Place {
  if ((cluster === undefined) === (host === undefined)) {
    faults.add("livePush: wanted either cluster or host. Example: pusher({ …, cluster: 'eu' }).");
  }
  if (host === undefined) {
    if (!useTLS) faults.add('livePush.useTLS: got false, wanted true: Pusher itself is reached by TLS.');
    return { cluster: cluster ?? '', host: undefined };
  }
  if (!useTLS && !isLoopback(host)) {
    faults.add(
      'livePush.useTLS: got false, wanted true: without TLS only a host on a loopback address is allowed.',
    );
  }
  const checked =
    port === undefined ? undefined : faults.integer('livePush.port', port, 443, { min: 1, max: 65_535 });
  return { host, port: checked };
}

function browserOf(key: string, forceTLS: boolean, place: Place): BrowserConnection {
  if (place.host === undefined) return { key, cluster: place.cluster, forceTLS };
  const { host, port } = place;
  const ports = port === undefined ? {} : { wsPort: port, wssPort: port };
  // pusher-js wants a cluster, and does not use it beside a host.
  return { key, cluster: '', forceTLS, wsHost: host, ...ports };
}
