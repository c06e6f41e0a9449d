import type { LivePushDefinition } from '../live/live-push-definition.js';
import type { KeyRing, KeySource } from './key-options.js';
import type { SessionFacts } from '../model/session.js';
import type { OnLogoutStateUnknownPolicy } from '../model/staleness.js';
import type { ExchangeOptions, OutboundOptions, ReconcileOptions } from './meveto-options.js';
import type { SessionReader } from '../session/session-reader.port.js';
import type { StoreDefinition } from '../store/store.port.js';

/** A cookie to clear, with the attributes it was set with (a browser ignores the clearing otherwise). */
export interface CookieToClear {
  readonly name: string;
  /** @defaultValue '/' */
  readonly path?: string;
  readonly domain?: string;
  readonly sameSite?: 'lax' | 'strict' | 'none';
  /** @defaultValue true when browsers insist: with a `__Secure-` or `__Host-` name, `sameSite: 'none'` or `partitioned` */
  readonly secure?: boolean;
  /** @defaultValue false */
  readonly partitioned?: boolean;
  /** @defaultValue true */
  readonly httpOnly?: boolean;
}

/** How a refused request is answered. */
export interface WhenLoggedOutOptions {
  /**
   * Where a browser is sent: a path of the same origin, starting with a single '/', without a fragment.
   * @defaultValue '/login'
   */
  readonly redirectTo?: string;
  /**
   * Paths besides `redirectTo` where people log in, e.g. of an API that a script posts their password to: a request there
   * with a session that is over goes on as nobody's, with that session ended and the cookies cleared. Paths of the same
   * origin, as for `redirectTo`. A handler with `@SkipMevetoLogout()` needs none.
   * @defaultValue []
   */
  readonly loginPaths?: readonly string[];
  /**
   * Cookies that are cleared with the redirect, by name or with their attributes.
   * @defaultValue []
   */
  readonly clearCookies?: readonly (string | CookieToClear)[];
  /**
   * What else the browser is told to clear for this origin, by the header `Clear-Site-Data` of every refusal of a request that
   * carries no session that is still good. To programs, and at login paths, without `cookies`, `*` and `executionContexts`: they
   * would take a login that came meanwhile. `cookies` takes all cookies of the registrable domain, `storage` everything that scripts have stored. Browsers heed it over
   * https only.
   * @defaultValue []
   */
  readonly clearSiteData?: readonly SiteData[];
  /**
   * Name of the query parameter of `redirectTo` with the path that was asked for, e.g. 'next'; pages that were asked for
   * by GET only. Check it with `safeReturnTo` before you send anybody there.
   * @defaultValue none
   */
  readonly returnTo?: string;
}

/** A kind of data that `Clear-Site-Data` names. */
export type SiteData = 'cache' | 'cookies' | 'storage' | 'executionContexts' | '*';

/** Reads the sessions of messages that come by other ways than HTTP. */
export interface SessionOfMessage {
  /**
   * Whose message to a microservice handler it is; undefined: nobody's, which passes. Without this function such messages
   * pass, with one warning.
   */
  readonly rpc?: (data: unknown, context: unknown) => FoundFacts | Promise<FoundFacts>;
  /**
   * Whose message to a WebSocket gateway it is. Sockets of Socket.IO need no function: their handshake is read. Sockets
   * of the `ws` adapter carry no request, and pass without it, with one warning.
   */
  readonly ws?: (client: unknown, data: unknown) => FoundFacts | Promise<FoundFacts>;
}

type FoundFacts = SessionFacts | undefined;

export interface WebhookOptions {
  /**
   * Secret last segment of the webhook's path: `/meveto/webhook/<secret>`; the plain path is then 404. At least 22
   * URL-safe characters (A-Z a-z 0-9 _ -).
   * @defaultValue none
   */
  readonly secretPath?: string;
  /**
   * Addresses that may call the webhook, IPv4 or IPv6, single or as ranges: `['203.0.113.0/24', '2001:db8::7']`. Others
   * are answered 403. Behind a proxy the address is the one that the HTTP adapter takes for the client's, by its own
   * setting of trust in proxies.
   * @defaultValue every address
   */
  readonly allowFrom?: readonly string[];
}

/** What the application writes. Every duration is in milliseconds. */
export interface MevetoLogoutOptions {
  /** The application's client id at Meveto. Missing: the start fails and says so. */
  readonly clientId: string | undefined;
  /** The application's client secret at Meveto. Without `keys`, those for sealing and for digests are derived from it. */
  readonly clientSecret: string | undefined;
  /**
   * Client secrets from which keys were derived before, newest first: calls that were sealed or recognised with them stay
   * good. Needed after the client secret was changed, or `keys` were introduced; see `KeyRing.previous` for how long.
   * @defaultValue []
   */
  readonly previousClientSecrets?: readonly string[];
  /**
   * Keys of the application's own in place of the client secret: material of at least 32 bytes, or a function that gives it
   * at start, e.g. from a KMS.
   * @defaultValue derived from `clientSecret`
   * @see docs/modes.md#keys
   */
  readonly keys?: KeyRing | KeySource;
  /**
   * Origin of Meveto's API: https, or http on a loopback address.
   * @defaultValue 'https://prod.meveto.com'
   * @see docs/protocol.md#user-endpoint
   */
  readonly apiUrl?: string;
  /** Where calls, logouts and users are kept: `typeOrmStore({ … })` or `memoryStore({ … })`. */
  readonly store: StoreDefinition;
  /** Who is asking, and since when. With several readers, one session that is over is enough to be refused. */
  readonly session: SessionReader | readonly SessionReader[];
  readonly whenLoggedOut?: WhenLoggedOutOptions;
  /** Whose messages reach microservice handlers and gateways of the `ws` adapter. */
  readonly sessionOfMessage?: SessionOfMessage;
  /**
   * What to do where `@OnLogoutStateUnknown` says nothing. `graceMs`: integer, 0 to 31 536 000 000 (a year).
   * @defaultValue 'deny'
   */
  readonly onLogoutStateUnknown?: OnLogoutStateUnknownPolicy;
  readonly outbound?: OutboundOptions;
  readonly exchange?: ExchangeOptions;
  readonly reconcile?: ReconcileOptions;
  readonly webhook?: WebhookOptions;
  /**
   * When Meveto is answered 2xx: `'on-receipt'`, once the call is on disk, or `'after-logout'`, once it has ended, however
   * that is. The latter waits 5 s at most, then answers 503 while the work goes on.
   * @defaultValue 'on-receipt'
   * @see docs/modes.md#acknowledge
   */
  readonly acknowledge?: 'on-receipt' | 'after-logout';
  /**
   * What of a token is kept while its call waits: `'sealed'`, encrypted in the store, or `'none'`, in the memory of the
   * process that received it only. With `'none'` a call becomes ambiguous when that process dies first.
   * @defaultValue 'sealed'
   * @see docs/modes.md#tokenstorage
   */
  readonly tokenStorage?: 'sealed' | 'none';
  /**
   * How long a replica may work on a call before another one takes it over. Integer, 1 000 to 30 000.
   * @defaultValue 8000
   */
  readonly leaseMs?: number;
  /**
   * How long an unfinished call is tried before it ends as `expired`. Integer, 60 000 to 2 592 000 000 (30 days).
   * @defaultValue 86400000 (24 hours)
   */
  readonly callTtlMs?: number;
  /**
   * How long ended calls are kept, so that late duplicates are recognised: applied ones, those of unknown users and expired
   * ones. Ambiguous ones are kept for `maxSessionAgeMs` if that is longer. Integer, 3 600 000 (an hour) to 31 536 000 000.
   * @defaultValue 604800000 (7 days)
   */
  readonly retentionMs?: number;
  /**
   * The same for calls whose token Meveto called bad. Integer, 60 000 to `retentionMs`.
   * @defaultValue 86400000 (24 hours), or `retentionMs` if that is less
   */
  readonly rejectedRetentionMs?: number;
  /**
   * Sessions that began longer ago are refused; logouts are remembered for as long. Integer, 60 000 to
   * 31 536 000 000 (a year).
   * @defaultValue 2592000000 (30 days)
   */
  readonly maxSessionAgeMs?: number;
  /**
   * How often the guard asks the store for logouts of other replicas. Integer, 50 to 60 000.
   * @defaultValue 1000
   */
  readonly refreshIntervalMs?: number;
  /**
   * How old the guard's knowledge may be before it refuses with 503. Integer, at least twice `refreshIntervalMs`.
   * @defaultValue 10000
   */
  readonly maxStalenessMs?: number;
  /**
   * How many calls may wait in each of the three lanes (of the pending list, from confirmed senders, from strangers)
   * before Meveto is answered 503, and before no more of the pending list is stored. Integer, 100 to 1 000 000.
   * @defaultValue 10000
   */
  readonly maxWaitingPerLane?: number;
  /**
   * How long the store may take for one webhook call before Meveto is answered 503. Integer, 100 to 30 000.
   * @defaultValue 2500
   */
  readonly storeTimeoutMs?: number;
  /**
   * How long a stopping process waits for exchanges on their way. Integer, 0 to 60 000.
   * @defaultValue 7000
   */
  readonly shutdownTimeoutMs?: number;
  /** Called after a user's Meveto ID was cleared because the person stopped using Meveto with this application. */
  readonly onProtectionRemoved?: (person: { readonly userId: string }) => void | Promise<void>;
}

/** What must be known before any provider exists, hence given beside `useFactory`, never by it. */
export interface MevetoLogoutExtras {
  /**
   * Whether the module's exports are visible everywhere.
   * @defaultValue true
   */
  readonly isGlobal?: boolean;
  /**
   * Whether the guard stands before every route. False: use `@UseGuards(MevetoLogoutGuard)` where it is wanted.
   * @defaultValue true
   */
  readonly globalGuard?: boolean;
  /**
   * Path of the webhook, below the application's global prefix.
   * @defaultValue 'meveto/webhook'
   */
  readonly webhookPath?: string;
  /**
   * Path of the routes for browsers, below the application's global prefix: `client.js` and `client.mjs`, the browser
   * client, and `session`, by which it asks whether its session is live. False: none of them.
   * @defaultValue 'meveto'
   */
  readonly browserPath?: string | false;
  /**
   * Metadata keys that are set to true on the routes for browsers, so that the application's own guards let them through.
   * @defaultValue ['isPublic', 'IS_PUBLIC', 'THROTTLER:SKIPdefault']
   */
  readonly publicMetadataKeys?: readonly string[];
  /**
   * How open browsers are told of a logout: `socketIo({ … })`, by the application's own Socket.IO server, `pusher({ … })`, a
   * list of both, or false for not at all; browsers then find out at their next request or check. `socketIo()` also looks
   * after the application's own namespaces, and makes its Socket.IO adapter the bus between replicas.
   * @defaultValue socketIo()
   */
  readonly livePush?: LivePushDefinition | readonly LivePushDefinition[] | false;
}
