import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { typeOrmStore } from 'nestjs-meveto-logout/typeorm';
import { connectHost, contextOf, mapping } from '../../contracts/typeorm-opened-store.js';
import { PrivateCluster } from './private-cluster.js';

const WARNING =
  '[MEVETO_STORE_CHECK] PostgreSQL runs with fsync = off: turn it on. An acknowledged logout could be lost with the server.';

describe.each(['on', 'off'] as const)('a start on a PostgreSQL with fsync = %s', (fsync) => {
  let cluster: PrivateCluster;
  beforeEach(async () => {
    cluster = await PrivateCluster.create(fsync);
  }, 60_000);
  afterEach(() => cluster.remove());

  it('logs whether commits are safe', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const dataSource = await connectHost({ type: 'postgres', url: cluster.url });
    await typeOrmStore(mapping).create(contextOf(dataSource)).connect();
    await dataSource.destroy();
    expect(warn.mock.calls.map(([text]) => text as unknown)).toEqual(fsync === 'off' ? [WARNING] : []);
  }, 60_000);
});
