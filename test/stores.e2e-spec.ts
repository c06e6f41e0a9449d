import { storeContract } from './contracts/store.contract.js';
import { openMemoryStore } from './contracts/memory-opened-store.js';
import { openTypeOrmStore } from './contracts/typeorm-opened-store.js';
import { createTestDatabase, databaseKind } from './support/database.js';

const inMemory = {
  connection: { type: 'better-sqlite3', database: ':memory:' },
  drop: () => Promise.resolve(),
} as const;

storeContract('the memory store', openMemoryStore);
storeContract('the TypeORM store on SQLite in memory', () => openTypeOrmStore(inMemory));
storeContract(`the TypeORM store on ${databaseKind}`, async () =>
  openTypeOrmStore(await createTestDatabase()),
);
