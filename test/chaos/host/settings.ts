import type { MevetoLogoutOptions } from 'nestjs-meveto-logout';

/** Where and how a host process stops. */
export interface Halt {
  /**
   * Name of the place: `<method>:before`, `<method>:commit` (inside the transaction, before its COMMIT is sent),
   * `<method>:end` (the same, before the statement that writes the job's row) or `<method>:after`, for methods of the
   * store's ports and of the ports to Meveto; `boot:migration`; `announced:after`.
   */
  readonly at: string;
  /** `stop`: the whole process halts, as in a debugger. `wait`: only this operation waits. */
  readonly how: 'stop' | 'wait';
}

export const EXECUTORS = ['typeorm', 'knex'] as const;
export type Executor = (typeof EXECUTORS)[number];

/** Settings that a host process gets over IPC before it starts. */
export interface HostSettings {
  /** A SQLite file, or the URL of a database: `postgres:` for PostgreSQL, `mysql:` for MariaDB. */
  readonly database: string;
  readonly mevetoUrl: string;
  /** Where to listen. */
  readonly address: string;
  readonly options?: Pick<
    MevetoLogoutOptions,
    'exchange' | 'reconcile' | 'storeTimeoutMs' | 'inbox' | 'logouts'
  >;
  readonly halt?: Halt;
  /** Number of TypeOrmModule's attempts to open the database: its own default is 10, here 0. */
  readonly connectAttempts?: number;
  /** Connections of each pool, on a database server. */
  readonly poolSize?: number;
  /** Whose connections the store uses: `typeorm` if omitted. Knex needs a database server. */
  readonly executor?: Executor;
}

/** Messages of a host process over IPC. */
export type HostMessage =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'failed'; readonly message: string };

/** Orders to a host process. */
export type HostOrder =
  { readonly kind: 'start'; readonly settings: HostSettings } | { readonly kind: 'release' };

export const CLIENT_ID = 'chaos-client';
export const CLIENT_SECRET = 'chaos-client-secret-0123456789';

/** The header in which a host tells the model of Meveto when it sent a request, in epoch milliseconds. */
export const ASKED_AT_HEADER = 'x-asked-at';

/** Descriptor on which a process reports that it has halted, and the descriptor on which it is released. */
export const HALTED_FD = 4;
export const RELEASE_FD = 5;
