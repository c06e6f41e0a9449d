import * as jest from '@jest/globals';
import { sqlStoreContract } from 'nestjs-meveto-logout/testing';
import { storeConfigurationContract } from '../contracts/configuration.contract.js';
import { hostTablesContract } from '../contracts/host-tables.contract.js';
import { hostInstantsContract } from '../contracts/host-instants.contract.js';
import { hostKeysContract } from '../contracts/host-keys.contract.js';
import { hostValuesContract } from '../contracts/host-values.contract.js';
import { lateLinkContract } from '../contracts/late-link.contract.js';
import { sqliteConnectionContract } from '../contracts/sqlite-connection.contract.js';
import { sqliteLocksContract } from '../contracts/locks.contract.js';
import { mappingContract } from '../contracts/mapping.contract.js';
import { severalUsersContract } from '../contracts/several-users.contract.js';
import { sharedNamingKeyContract } from '../contracts/shared-naming-key.contract.js';
import { serverDurabilityContract } from '../contracts/server-durability.contract.js';
import { serverLocksContract } from '../contracts/server-locks.contract.js';
import { serverSilenceContract } from '../contracts/server-silence.contract.js';
import { queryPlansContract } from '../contracts/query-plans.contract.js';
import { refusedRowsContract } from '../contracts/refused-rows.contract.js';
import { rowsContract } from '../contracts/rows.contract.js';
import { timesInRowsContract } from '../contracts/times-in-rows.contract.js';
import { openTypeOrmStore } from '../contracts/typeorm-opened-store.js';
import { createTestDatabase, databaseKind } from '../support/database.js';

const inMemory = {
  connection: { type: 'better-sqlite3', database: ':memory:' },
  drop: () => Promise.resolve(),
} as const;
const openInMemory = () => openTypeOrmStore(inMemory);
const openDatabase = async () => openTypeOrmStore(await createTestDatabase());

sqlStoreContract(jest, 'the TypeORM store on SQLite in memory', openInMemory);
sqlStoreContract(jest, `the TypeORM store on ${databaseKind}`, openDatabase);

rowsContract('SQLite in memory', openInMemory);
rowsContract(databaseKind, openDatabase);

refusedRowsContract(databaseKind, openDatabase);

if (databaseKind === 'SQLite') queryPlansContract('SQLite in memory', openInMemory);
if (databaseKind === 'PostgreSQL') queryPlansContract(databaseKind, openDatabase);

timesInRowsContract(databaseKind, openDatabase);

lateLinkContract(databaseKind, openDatabase);
mappingContract(createTestDatabase);
hostTablesContract(createTestDatabase);
hostInstantsContract(createTestDatabase);
hostKeysContract(createTestDatabase);
hostValuesContract(createTestDatabase);
severalUsersContract(createTestDatabase);
storeConfigurationContract(databaseKind, createTestDatabase);
sharedNamingKeyContract(databaseKind, createTestDatabase);
if (databaseKind === 'SQLite') {
  sqliteLocksContract();
  sqliteConnectionContract();
} else {
  serverLocksContract();
  serverDurabilityContract();
  serverSilenceContract();
}
