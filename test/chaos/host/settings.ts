import type { MevetoLogoutOptions } from 'nestjs-meveto-logout';

/** Where a host process stops, and how. */
export interface Hold {
  /**
   * Name of the place: `<method>:before`, `<method>:commit` (inside the transaction, before its COMMIT is sent),
   * `<method>:end` (the same, before the statement that writes the call's row) or `<method>:after`, for methods of the
   * store's ports and of the ports to Meveto; `boot:migration`; `told:after`.
   */
  readonly at: string;
  /** `stop`: the whole process stands still, as in a debugger. `wait`: only this one operation does. */
  readonly how: 'stop' | 'wait';
}

/** What a host process is told over IPC before it starts. */
export interface HostSettings {
  /** A SQLite file, or the URL of a PostgreSQL database. */
  readonly database: string;
  readonly mevetoUrl: string;
  readonly options?: Pick<
    MevetoLogoutOptions,
    | 'leaseMs'
    | 'exchange'
    | 'reconcile'
    | 'shutdownTimeoutMs'
    | 'storeTimeoutMs'
    | 'refreshIntervalMs'
    | 'acknowledge'
    | 'tokenStorage'
  >;
  readonly hold?: Hold;
  /** How often TypeOrmModule tries to open the database; its own default is 10, here 0. */
  readonly connectAttempts?: number;
  /** Connections of the pool, on PostgreSQL. */
  readonly poolSize?: number;
}

/** What a host process says over IPC. */
export type HostMessage =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'failed'; readonly message: string };

/** What it is told. */
export type HostOrder =
  { readonly kind: 'start'; readonly settings: HostSettings } | { readonly kind: 'go-on' };

export const CLIENT_ID = 'chaos-client';
export const CLIENT_SECRET = 'chaos-client-secret-0123456789';

/** Descriptor on which a process says that it stands at its hold, and the one from which it learns to go on. */
export const HELD_FD = 4;
export const GO_ON_FD = 5;
