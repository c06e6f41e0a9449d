import { type DataSource, EntityMetadataNotFoundError } from 'typeorm';
import { ConfigurationError } from '../../core/index.js';
import {
  MevetoLogoutJob,
  MevetoLogoutKey,
  MevetoLogoutLease,
  MevetoLogoutLogout,
  MevetoLogoutSender,
} from './entities.js';
import type { Tables } from '../sql/tables.js';
import { quotedPath } from './quoted-path.js';

/** @throws {ConfigurationError} when the DataSource does not know the module's entities. */
export function tablesOf(dataSource: DataSource): Tables {
  try {
    return {
      jobs: quotedPath(dataSource, dataSource.getMetadata(MevetoLogoutJob).tablePath),
      logoutRows: quotedPath(dataSource, dataSource.getMetadata(MevetoLogoutLogout).tablePath),
      leases: quotedPath(dataSource, dataSource.getMetadata(MevetoLogoutLease).tablePath),
      senders: quotedPath(dataSource, dataSource.getMetadata(MevetoLogoutSender).tablePath),
      keys: quotedPath(dataSource, dataSource.getMetadata(MevetoLogoutKey).tablePath),
    };
  } catch (error) {
    if (!(error instanceof EntityMetadataNotFoundError)) throw error;
    throw new ConfigurationError([
      'store: the DataSource does not know the module’s entities. Add ...mevetoLogoutEntities to its `entities`, and ' +
        '...mevetoLogoutMigrations to its `migrations`.',
    ]);
  }
}
