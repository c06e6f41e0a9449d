import type { Agent } from 'node:http';
import type { BlockList } from 'node:net';
import type { PendingCallSource } from '../reconcile/pending-call-source.js';
import type { PendingFields } from '../reconcile/pending-fields.js';
import type { SessionReader } from '../session/session-reader.port.js';
import type { StoreDefinition } from '../store/store.port.js';
import type { KeyRing, KeySource } from './key-options.js';
import type { ReconcileOptions } from './meveto-options.js';
import type { CookieToClear, MevetoLogoutOptions, SessionOfMessage, SiteData } from './options.js';

/** The options with every default filled in: services never see an optional field. */
export interface ResolvedOptions {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly previousClientSecrets: readonly string[];
  readonly keys: KeyRing | KeySource | undefined;
  /** Without a trailing slash. */
  readonly apiUrl: string;
  readonly store: StoreDefinition;
  readonly sessions: readonly SessionReader[];
  readonly whenLoggedOut: {
    readonly redirectTo: string;
    readonly loginPaths: readonly string[];
    readonly clearCookies: readonly CookieToClear[];
    readonly clearSiteData: readonly SiteData[];
    readonly returnTo: string | undefined;
  };
  readonly sessionOfMessage: SessionOfMessage;
  /** How old the knowledge of logouts may be where no decorator says otherwise; Infinity lets in always. */
  readonly stalenessLimitMs: number;
  readonly exchange: {
    readonly path: string;
    readonly timeoutMs: number;
    readonly concurrency: number;
    readonly perSecond: number;
  };
  readonly outbound: { readonly agent: Agent | undefined };
  readonly reconcile: {
    readonly cron: string;
    readonly path: string;
    readonly authentication: NonNullable<ReconcileOptions['authentication']>;
    readonly cursorParameter: string;
    /** Undefined: any. */
    readonly expectedStatus: string | undefined;
    readonly fields: PendingFields;
    readonly source: PendingCallSource | undefined;
  };
  readonly webhook: { readonly secretPath: string | undefined; readonly allowFrom: BlockList | undefined };
  readonly acknowledge: NonNullable<MevetoLogoutOptions['acknowledge']>;
  readonly tokenStorage: NonNullable<MevetoLogoutOptions['tokenStorage']>;
  readonly leaseMs: number;
  readonly callTtlMs: number;
  readonly retentionMs: number;
  readonly rejectedRetentionMs: number;
  readonly maxSessionAgeMs: number;
  readonly refreshIntervalMs: number;
  readonly maxStalenessMs: number;
  readonly maxWaitingPerLane: number;
  readonly storeTimeoutMs: number;
  readonly shutdownTimeoutMs: number;
  readonly onProtectionRemoved: MevetoLogoutOptions['onProtectionRemoved'];
}
