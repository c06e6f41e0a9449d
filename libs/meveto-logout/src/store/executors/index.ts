export { drizzleExecutor, type DrizzleDatabase } from './drizzle-executor.js';
export { knexExecutor, type KnexInstance } from './knex-executor.js';
export { kyselyExecutor, type KyselyDatabase } from './kysely-executor.js';
export { mysql2Executor, type Mysql2Pool } from './mysql2-executor.js';
export { pgExecutor, type PgPool } from './pg-executor.js';
export { sqliteFile, type SqliteDatabaseClass, type SqliteFileOptions } from './sqlite-file.js';
