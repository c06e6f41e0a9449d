import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { mevetoLogoutEntities, mevetoLogoutMigrations, typeOrmStore } from 'nestjs-meveto-logout/typeorm';
import Database from 'better-sqlite3';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import type { OpenedStore } from './opened-store.js';

@Entity('users')
class User {
  @PrimaryColumn({ type: 'varchar' })
  id!: string;

  @Column({ type: 'varchar', unique: true, nullable: true })
  mevetoId!: string | null;

  @Column({ type: 'bigint', nullable: true })
  lastLoggedIn!: number | null;

  @Column({ type: 'bigint', nullable: true })
  lastLoggedOut!: number | null;
}

const user = {
  entity: User,
  id: 'id',
  mevetoId: 'mevetoId',
  lastLoggedIn: 'lastLoggedIn',
  lastLoggedOut: 'lastLoggedOut',
};

export function openStore(): Promise<OpenedStore> {
  const database = TypeOrmModule.forRoot({
    type: 'better-sqlite3',
    // Bundlers do not find what TypeORM loads by name.
    driver: Database,
    database: join(mkdtempSync('database-'), 'app.sqlite'),
    entities: [User, ...mevetoLogoutEntities],
    migrations: [...mevetoLogoutMigrations],
    migrationsRun: true,
    enableWAL: true,
    prepareDatabase: (sqlite: { exec(sql: string): unknown }) => {
      sqlite.exec(
        `CREATE TABLE IF NOT EXISTS users (id varchar PRIMARY KEY, mevetoId varchar UNIQUE, lastLoggedIn bigint, lastLoggedOut bigint)`,
      );
    },
  });
  return Promise.resolve({
    imports: [database],
    store: typeOrmStore({ user }),
    addUser: async (app: INestApplication, mevetoId: string) => {
      await app.get(DataSource).getRepository(User).insert({ id: '1', mevetoId });
    },
  });
}
