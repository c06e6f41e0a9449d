import { sqlStore, type StoreDefinition } from 'nestjs-meveto-logout';
import { knexExecutor } from 'nestjs-meveto-logout/executors';
import { typeOrmStore } from 'nestjs-meveto-logout/typeorm';
import { knexConnection } from './connections.js';
import type { Failpoint } from './failpoint.js';
import type { HostSettings } from './settings.js';
import { User } from './user.js';

/** The host's store, on the executor of its settings. TypeORM's migrations create the module's tables for both. */
export async function hostStore(settings: HostSettings, failpoint: Failpoint): Promise<StoreDefinition> {
  if (settings.executor === 'knex') {
    return sqlStore({
      executor: knexExecutor(await knexConnection(settings, failpoint)),
      hostTables: {
        users: {
          table: 'users',
          id: 'id',
          mevetoId: 'meveto_id',
          lastLoggedIn: 'last_logged_in',
          lastLoggedOut: 'last_logged_out',
        },
      },
    });
  }
  return typeOrmStore({
    user: {
      entity: User,
      id: 'id',
      mevetoId: 'mevetoId',
      lastLoggedIn: 'lastLoggedIn',
      lastLoggedOut: 'lastLoggedOut',
    },
  });
}
