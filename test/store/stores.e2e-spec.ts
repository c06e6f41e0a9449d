import * as jest from '@jest/globals';
import { sqlStoreContract } from 'nestjs-meveto-logout/testing';
import { sqliteConnectionContract } from '../contracts/sqlite-connection.contract.js';
import { sqliteLocksContract } from '../contracts/locks.contract.js';
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

sqlStoreContract(jest, `the TypeORM store on ${databaseKind}`, openDatabase);
rowsContract(databaseKind, openDatabase);
refusedRowsContract(databaseKind, openDatabase);
timesInRowsContract(databaseKind, openDatabase);

if (databaseKind === 'SQLite') {
  sqlStoreContract(jest, 'the TypeORM store on SQLite in memory', openInMemory);
  rowsContract('SQLite in memory', openInMemory);
  queryPlansContract('SQLite in memory', openInMemory);
  sqliteLocksContract();
  sqliteConnectionContract();
} else {
  if (databaseKind === 'PostgreSQL') queryPlansContract(databaseKind, openDatabase);
  serverLocksContract();
  serverDurabilityContract();
  serverSilenceContract();
}
