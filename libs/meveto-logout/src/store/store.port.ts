import type { ModuleRef } from '@nestjs/core';
import type { Inbox } from '../inbox/inbox.port.js';
import type { LogoutRegister } from '../logout/logout-register.port.js';
import type { Clock } from '../model/clock.js';
import type { Lease } from '../reconcile/lease.port.js';

/** What an adapter is given when it is made. */
export interface StoreContext {
  readonly moduleRef: ModuleRef;
  readonly clock: Clock;
  /** How long one operation may wait for a busy store, in milliseconds. */
  readonly storeTimeoutMs: number;
  /** Keyed digest of a Meveto ID, for rows that outlive the link between user and Meveto ID. */
  readonly digestPerson: (mevetoId: string) => string;
  /** What earlier keys made of the same Meveto ID; left out, there were none. */
  readonly earlierDigestsOfPerson?: (mevetoId: string) => readonly string[];
}

/** The three ports of one store: they share its transactions. */
export interface Store {
  readonly inbox: Inbox;
  readonly register: LogoutRegister;
  readonly lease: Lease;
  /** Opens connections and checks that the store can keep its promises. */
  connect(): Promise<void>;
  close(): Promise<void>;
}

/** A store as the application chooses it in the options; made with `typeOrmStore()` or `memoryStore()`. */
export interface StoreDefinition {
  readonly create: (context: StoreContext) => Store;
}
