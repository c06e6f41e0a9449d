import type { DataSource } from 'typeorm';

export const quotedPath = (dataSource: DataSource, path: string): string =>
  path
    .split('.')
    .map((part) => dataSource.driver.escape(part))
    .join('.');
