import { describe, expect, it } from '@jest/globals';
import { failure, insertTwo, onMysql, onPostgres } from '../../../spec-support/fake-executor.js';
import type { MysqlEngine } from './mysql-engine.js';
import type { PostgresEngine } from './postgres-engine.js';
import { run, type Script } from './sql.js';

describe.each([
  [
    'PostgreSQL',
    onPostgres,
    ['23505', '23514', 'P0001', '22001', '55P03', '40001', 'MV001'],
    ['08006', '53300', '57P01', '57014', '25006', '42P01', '58030', 'XX000', 'EPIPE', 'ECONNREFUSED'],
  ],
  [
    'MariaDB and MySQL',
    onMysql,
    [
      ...['ER_DUP_ENTRY', 'ER_SIGNAL_EXCEPTION', 'ER_CHECK_CONSTRAINT_VIOLATED', 'ER_LOCK_WAIT_TIMEOUT'],
      ...['ER_LOCK_DEADLOCK', 'ER_INNODB_AUTOEXTEND_SIZE_OUT_OF_RANGE', 'ER_WARN_DATA_OUT_OF_RANGE'],
    ],
    [
      ...['ER_CON_COUNT_ERROR', 'ER_SERVER_SHUTDOWN', 'ER_OPTION_PREVENTS_STATEMENT', 'ER_NO_SUCH_TABLE'],
      ...[
        'ER_RECORD_FILE_FULL',
        'ER_DISK_FULL',
        'ER_OUT_OF_SORTMEMORY',
        'ER_OUTOFMEMORY',
        'ER_UNKNOWN_COM_ERROR',
      ],
      ...['ER_DBACCESS_DENIED_ERROR', 'PROTOCOL_CONNECTION_LOST', 'ECONNRESET'],
    ],
  ],
] as const)('an error on %s', (_name, open, rowFaults, outages) => {
  const failedWith = async (code: string): Promise<unknown> => {
    const { executor, engine } = open();
    executor.answer = () => {
      throw failure(code);
    };
    return engine.transaction('insert', insertTwo).catch((error: unknown) => error);
  };

  it.each(rowFaults)('%s concerns a row', async (code) => {
    expect(await failedWith(code)).toMatchObject({ isRowFault: true });
  });

  it.each(outages)('%s concerns all rows', async (code) => {
    expect(await failedWith(code)).toMatchObject({ isRowFault: false });
  });
});

describe('the wait for a locked row', () => {
  function* lockAndWrite(engine: MysqlEngine | PostgresEngine): Script<void> {
    yield* run(`SELECT n FROM t ${engine.dialect.forUpdate}`);
    yield* run('UPDATE t SET n = 1');
  }

  it('is limited for a transaction on PostgreSQL', async () => {
    const { executor, engine } = onPostgres();
    await engine.transaction('write', () => lockAndWrite(engine), 5);
    expect(executor.log[1]).toContain("set_config('lock_timeout', '5', true)");
    expect(executor.statements.slice(1, -1)).toEqual(['SELECT n FROM t FOR UPDATE', 'UPDATE t SET n = 1']);
  });

  it('is limited for each statement on MariaDB, in whole seconds', async () => {
    const { executor, engine } = onMysql();
    executor.version = '10.11.6-MariaDB';
    await engine.connect();
    await engine.transaction('write', () => lockAndWrite(engine), 1_400);
    await engine.transaction('write', () => lockAndWrite(engine), 300);
    await engine.transaction('write', () => lockAndWrite(engine));
    expect(executor.statements.filter((each) => each.includes(' t '))).toEqual([
      'SELECT n FROM t FOR UPDATE WAIT 1',
      'SET STATEMENT innodb_lock_wait_timeout=1 FOR UPDATE t SET n = 1',
      'SELECT n FROM t FOR UPDATE WAIT 1',
      'SET STATEMENT innodb_lock_wait_timeout=1 FOR UPDATE t SET n = 1',
      'SELECT n FROM t FOR UPDATE WAIT 1',
      'UPDATE t SET n = 1',
    ]);
  });

  it('has the server’s own limit on MySQL', async () => {
    const { executor, engine } = onMysql();
    executor.version = '8.4.2';
    await engine.connect();
    await engine.transaction('write', () => lockAndWrite(engine), 300);
    expect(executor.statements.slice(-3, -1)).toEqual(['SELECT n FROM t FOR UPDATE', 'UPDATE t SET n = 1']);
  });
});
