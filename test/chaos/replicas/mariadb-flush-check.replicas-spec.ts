import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { typeOrmStore } from 'nestjs-meveto-logout/typeorm';
import { connectHost, contextOf, mapping } from '../../contracts/typeorm-opened-store.js';
import { PrivateMariaDb } from './private-mariadb.js';

const warningFor = (flush: number) =>
  `[MEVETO_STORE_CHECK] The server runs with innodb_flush_log_at_trx_commit = ${String(flush)}: set it to 1. ` +
  'An acknowledged logout could be lost with the server.';

describe.each([0, 1, 2])('a start on a MariaDB with innodb_flush_log_at_trx_commit = %s', (flush) => {
  let server: PrivateMariaDb | undefined;
  afterEach(() => server?.remove());

  it('logs whether commits are safe', async () => {
    server = await PrivateMariaDb.create([`--innodb-flush-log-at-trx-commit=${String(flush)}`]);
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const dataSource = await connectHost({ type: 'mariadb', url: server.url });
    await typeOrmStore(mapping).create(contextOf(dataSource)).connect();
    await dataSource.destroy();
    expect(warn.mock.calls.map(([text]) => text as unknown)).toEqual(flush === 1 ? [] : [warningFor(flush)]);
    warn.mockRestore();
  }, 60_000);
});
