import type { Store, StoreDefinition } from '../store.port.js';
import { MemoryInbox } from './memory-inbox.js';
import { MemoryLease } from './memory-lease.js';
import { MemoryLogoutRegister, type MemoryUsers } from './memory-logout-register.js';
import { MemoryRows } from './memory-rows.js';

export interface MemoryStoreOptions {
  /** The application's users. */
  readonly users: MemoryUsers;
}

/**
 * Keeps everything in this process, and loses it with the process: for tests, and for trying things out. Calls that were
 * acknowledged are gone after a restart.
 */
export const memoryStore = ({ users }: MemoryStoreOptions): StoreDefinition => ({
  create({ clock, digestPerson, earlierDigestsOfPerson }): Store {
    const rows = new MemoryRows();
    return {
      inbox: new MemoryInbox(rows, clock),
      register: new MemoryLogoutRegister(rows, users, clock, digestPerson, earlierDigestsOfPerson),
      lease: new MemoryLease(clock),
      connect: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
  },
});
