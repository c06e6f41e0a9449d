import { openMemoryStore } from './contracts/memory-opened-store.js';
import { storeContract } from './contracts/store.contract.js';

storeContract('the memory store', openMemoryStore);
