import { bystandersContract } from './contracts/bystanders.contract.js';
import { storeConfigurationContract } from './contracts/configuration.contract.js';
import { lateLinkContract } from './contracts/late-link.contract.js';
import { sqliteLocksContract } from './contracts/locks.contract.js';
import { mappingContract } from './contracts/mapping.contract.js';
import { serverDurabilityContract } from './contracts/server-durability.contract.js';
import { serverLocksContract } from './contracts/server-locks.contract.js';
import { serverSilenceContract } from './contracts/server-silence.contract.js';
import { rowsContract } from './contracts/rows.contract.js';
import { storeContract } from './contracts/store.contract.js';
import { openTypeOrmStore } from './contracts/typeorm-opened-store.js';
import { createTestDatabase, databaseKind } from './support/database.js';

const inMemory = {
  connection: { type: 'better-sqlite3', database: ':memory:' },
  drop: () => Promise.resolve(),
} as const;
const openInMemory = () => openTypeOrmStore(inMemory);
const openDatabase = async () => openTypeOrmStore(await createTestDatabase());

storeContract('the TypeORM store on SQLite in memory', openInMemory);
storeContract(`the TypeORM store on ${databaseKind}`, openDatabase);

rowsContract('SQLite in memory', openInMemory);
rowsContract(databaseKind, openDatabase);

bystandersContract('SQLite in memory', openInMemory);
bystandersContract(databaseKind, openDatabase);

lateLinkContract(databaseKind, openDatabase);
mappingContract(createTestDatabase);
storeConfigurationContract(databaseKind, createTestDatabase);
if (databaseKind === 'SQLite') {
  sqliteLocksContract();
} else {
  serverLocksContract();
  serverDurabilityContract();
  serverSilenceContract();
}
