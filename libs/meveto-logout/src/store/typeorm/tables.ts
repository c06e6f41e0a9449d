import { type DataSource, EntityMetadataNotFoundError } from 'typeorm';
import { ConfigurationError } from '../../errors.js';
import { MevetoLogoutCall, MevetoLogoutLease, MevetoLogoutMark, MevetoLogoutSender } from './entities.js';

/** The module's tables as the application's DataSource names them: with its schema and prefix, quoted. */
export interface Tables {
  readonly calls: string;
  readonly marks: string;
  readonly leases: string;
  readonly senders: string;
}

/** @throws {ConfigurationError} when the DataSource does not know the module's entities. */
export function tablesOf(dataSource: DataSource): Tables {
  try {
    return {
      calls: quotedPath(dataSource, dataSource.getMetadata(MevetoLogoutCall).tablePath),
      marks: quotedPath(dataSource, dataSource.getMetadata(MevetoLogoutMark).tablePath),
      leases: quotedPath(dataSource, dataSource.getMetadata(MevetoLogoutLease).tablePath),
      senders: quotedPath(dataSource, dataSource.getMetadata(MevetoLogoutSender).tablePath),
    };
  } catch (error) {
    if (!(error instanceof EntityMetadataNotFoundError)) throw error;
    throw new ConfigurationError([
      'store: the DataSource does not know the module’s entities. Add ...mevetoLogoutEntities to its `entities`, and ' +
        '...mevetoLogoutMigrations to its `migrations`.',
    ]);
  }
}

export const quotedPath = (dataSource: DataSource, path: string): string =>
  path
    .split('.')
    .map((part) => dataSource.driver.escape(part))
    .join('.');
