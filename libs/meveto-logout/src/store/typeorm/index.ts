export { mevetoLogoutEntities } from './entities.js';
export type { AccessTokenMapping, UserMapping } from './mapped-tables.js';
export { mevetoLogoutMigrations } from './migrations/1767225600000-create-meveto-logout.js';
export { typeOrmStore, type TypeOrmStoreOptions } from './typeorm-store.js';
