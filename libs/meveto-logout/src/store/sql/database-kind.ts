/** The kinds of databases. `'mysql'` also means MariaDB. */
export type DatabaseKind = 'sqlite' | 'postgres' | 'mysql';
