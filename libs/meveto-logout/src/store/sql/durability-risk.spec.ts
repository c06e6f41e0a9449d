import { describe, expect, it } from '@jest/globals';
import { mysqlRisk, postgresRisk } from './durability-risk.js';

describe('the durability of commits', () => {
  it.each(['on', 'local', 'remote_write', 'remote_apply'])(
    'is guaranteed on PostgreSQL with synchronous_commit = %s',
    (synchronous_commit) => {
      expect(postgresRisk({ fsync: 'on', synchronous_commit })).toBeUndefined();
    },
  );

  it('is at risk on PostgreSQL without fsync, and without synchronous commits', () => {
    expect(postgresRisk({ fsync: 'off', synchronous_commit: 'on' })).toContain('fsync = off: turn it on');
    expect(postgresRisk({ fsync: 'on', synchronous_commit: 'off' })).toContain('synchronous_commit = off');
  });

  it.each([1, '1', 3])(
    'is guaranteed on MariaDB and MySQL with innodb_flush_log_at_trx_commit = %p',
    (flush) => {
      expect(mysqlRisk({ flush })).toBeUndefined();
    },
  );

  it.each([0, '2', undefined])(
    'is at risk on MariaDB and MySQL with innodb_flush_log_at_trx_commit = %p',
    (flush) => {
      expect(mysqlRisk({ flush })).toContain(
        `innodb_flush_log_at_trx_commit = ${String(flush)}: set it to 1`,
      );
    },
  );
});
