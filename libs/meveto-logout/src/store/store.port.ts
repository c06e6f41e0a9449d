import type { ModuleRef } from '@nestjs/core';
import type { MevetoEvents } from '../core/index.js';
import type { Inbox } from './sql/inbox.js';
import type { LogoutStore } from './sql/logout-store.js';
import type { ReconcileLease } from './sql/reconcile-lease.js';

/** What a store gets when it is created. */
export interface StoreContext {
  readonly moduleRef: ModuleRef;
  /** The longest time that one operation waits for a busy store, in milliseconds. */
  readonly storeTimeoutMs: number;
  /** Where the store reports what an operator should know. @defaultValue the log */
  readonly events?: MevetoEvents;
  /** Keyed digest of a Meveto ID, for job rows that remain after the link between user and Meveto ID is removed. */
  readonly digestSubject: (mevetoId: string) => string;
  /** Digests of the same Meveto ID by earlier keys. @defaultValue none */
  readonly earlierDigestsOfSubject?: (mevetoId: string) => readonly string[];
}

/** Token of the store that the application chose. */
export const STORE = Symbol.for('nestjs-meveto-logout:store');

/** The three parts of one store. They share its transactions. */
export interface Store {
  /** The database and the library, for the line at start. Known once the store is connected. */
  readonly label: string;
  readonly inbox: Inbox;
  readonly logoutStore: LogoutStore;
  readonly lease: ReconcileLease;
  /**
   * The key that derives the names of users outside the server. Returns the stored key; if there is none, stores and returns
   * `fresh`. All replicas with the same tables get the same key, also after restarts.
   * @param fresh 32 random bytes
   * @throws {StoreUnavailableError} when the store does not answer
   */
  namingKey(fresh: Uint8Array): Promise<Uint8Array>;
  /** Opens connections, and checks that the database and the tables meet the requirements. */
  connect(): Promise<void>;
  close(): Promise<void>;
}

/** The option `store`. Create one with `typeOrmStore()`, `sqlStore()` or `memoryStore()`. */
export interface StoreDefinition {
  readonly create: (context: StoreContext) => Store;
}
