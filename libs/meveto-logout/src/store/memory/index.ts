export {
  memoryStore,
  type MemoryStore,
  type MemoryStoreOptions,
  type MemoryToken,
  type MemoryUser,
} from './memory-store.js';
