import type { KeyOptions } from './core/index.js';
import type { MevetoEvent } from './events.js';
import type { GuardOptions } from './guard/index.js';
import type { InboxOptions } from './inbox/index.js';
import type { LivePushDefinition } from './live/index.js';
import type { LogoutsOptions } from './logouts/index.js';
import type { MevetoOptions } from './meveto/index.js';
import type { SessionsOptions } from './sessions/index.js';
import type { StoreOptions } from './store/index.js';

/** The options of the application. Every duration is in milliseconds. */
export interface MevetoLogoutOptions
  extends MevetoOptions, KeyOptions, StoreOptions, SessionsOptions, GuardOptions, HookOptions {
  readonly inbox?: InboxOptions;
  readonly logouts?: LogoutsOptions;
}

/** Functions of the application that the module calls. */
export interface HookOptions {
  /**
   * Called with each event of this process, in the turn in which it happens: keep it short, and do heavy work elsewhere. A
   * function that fails is reported in the log, and disturbs nobody.
   * @see docs/events.md
   * @defaultValue none
   */
  readonly onEvent?: (event: MevetoEvent) => void | Promise<void>;
  /**
   * Called after a user's Meveto ID was cleared because the person stopped using Meveto with this application.
   * @defaultValue none
   */
  readonly onProtectionRemoved?: (person: { readonly userId: string }) => void | Promise<void>;
}

/** A provider that creates the options, for `useClass` and `useExisting` of `forRootAsync`. */
export interface MevetoLogoutOptionsFactory {
  createMevetoLogoutOptions(): MevetoLogoutOptions | Promise<MevetoLogoutOptions>;
}

/** Options that are needed before any provider exists. They are given beside `useFactory`, and its result must not have them. */
export interface MevetoLogoutStaticOptions {
  /**
   * Whether the module's exports are visible everywhere.
   * @defaultValue true
   */
  readonly isGlobal?: boolean;
  /**
   * Whether the guard protects every route. False: only routes with `@UseGuards(MevetoLogoutGuard)` are protected.
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
   * client, and `session`, where the client asks whether its session is live. False: no such routes.
   * @defaultValue 'meveto'
   */
  readonly browserPath?: string | false;
  /**
   * Metadata keys that are set to true on the webhook and on the routes for browsers, so that the application's own guards let
   * requests to these routes pass.
   * @defaultValue ['isPublic', 'IS_PUBLIC', 'THROTTLER:SKIPdefault']
   */
  readonly publicMetadataKeys?: readonly string[];
  /**
   * How open browsers learn of a logout: `socketIo({ … })`, over the application's own Socket.IO server, `pusher({ … })`, or
   * a list of both. False: browsers learn of it at their next request or session check. `socketIo()` also protects the
   * application's own namespaces, and uses the Socket.IO adapter as the bus between replicas.
   * @defaultValue socketIo()
   */
  readonly livePush?: LivePushDefinition | readonly LivePushDefinition[] | false;
}
