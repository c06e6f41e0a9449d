import { existsSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger, type LoggerService } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { databaseKind } from './support/database.js';
import type { Fault } from './support/fault-proxy.js';
import { CLIENT_SECRET } from './support/host-app.js';
import { LiveSocket } from './support/live-socket.js';
import { type HostClient, World } from './support/world.js';

const EXCHANGE = '/api/client/user-for-token';

/** Everything that is written anywhere while it stands. */
class Recorder implements LoggerService {
  readonly lines: string[] = [];
  readonly log = (...args: unknown[]): void => this.note(args);
  readonly error = (...args: unknown[]): void => this.note(args);
  readonly warn = (...args: unknown[]): void => this.note(args);
  readonly debug = (...args: unknown[]): void => this.note(args);
  readonly verbose = (...args: unknown[]): void => this.note(args);

  note(args: unknown): void {
    this.lines.push(inspect(args, { depth: 12, showHidden: true, maxStringLength: null }));
  }
}

/** TypeORM's own log, with the parameters of every query. */
const queriesTo = (recorder: Recorder): Partial<DataSourceOptions> => ({
  logging: 'all',
  logger: {
    logQuery: (query, parameters) => recorder.note([query, parameters]),
    logQueryError: (error, query, parameters) => recorder.note([error, query, parameters]),
    logQuerySlow: (_time, query, parameters) => recorder.note([query, parameters]),
    logSchemaBuild: (message) => recorder.note(message),
    logMigration: (message) => recorder.note(message),
    log: (_level, message) => recorder.note(message),
  },
});

describe(`no token is to be found anywhere, on ${databaseKind}`, () => {
  let world: World;
  let host: HostClient;
  let recorder: Recorder;
  beforeEach(async () => {
    recorder = new Recorder();
    world = await World.create();
    host = await world.start({
      connection: { ...world.database.connection, ...queriesTo(recorder) } as DataSourceOptions,
      options: { exchange: { timeoutMs: 200 }, storeTimeoutMs: 200, webhook: { secretPath: SECRET_PATH } },
    });
    // The applications of the tests are started without a log: everything is written from here on.
    Logger.overrideLogger(recorder);
  });
  afterEach(async () => {
    Logger.overrideLogger(false);
    await world.end();
  });

  const SECRET_PATH = 'secret-path-canary-0123456789';
  const send = (user_token: string) =>
    host.post(`/meveto/webhook/${SECRET_PATH}`, { type: 'User_Logged_Out', user_token });

  /** All that can be read from outside, from the log and from the database. */
  async function everything(answers: readonly Response[], live: LiveSocket): Promise<string> {
    const dataSource = host.app.get(DataSource);
    const rows = await Promise.all(
      ['meveto_logout_calls', 'meveto_logout_marks', 'meveto_logout_leases', 'users', 'access_tokens'].map(
        (table) => dataSource.query<unknown[]>(`SELECT * FROM ${table}`),
      ),
    );
    const { connection } = world.database;
    const files =
      connection.type === 'better-sqlite3'
        ? [connection.database, `${connection.database}-wal`].filter((file) => existsSync(file))
        : [];
    return [
      ...recorder.lines,
      JSON.stringify(rows),
      JSON.stringify(live.heard),
      inspect(await host.service.status()),
      ...files.map((file) => readFileSync(file, 'latin1')),
      ...(await Promise.all(
        answers.map(async (answer) => JSON.stringify([...answer.headers]) + (await answer.text())),
      )),
    ].join('\n');
  }

  it.each<[string, Fault | undefined]>([
    ['applied', undefined],
    ['tried again after an error', { status: 500, body: '{"message":"Server Error"}' }],
    ['tried again after a time-out', 'hang'],
    ['tried again after a reset', 'reset'],
    ['tried again after garbage', { status: 200, body: '{"status":' }],
    ['redirected', { status: 302, body: '', headers: { location: 'http://127.0.0.1:9/' } }],
  ])('when a call is %s', async (_what, fault) => {
    const live = new LiveSocket(host.url, { token: await host.token() });
    await live.next('connect');
    const token = world.meveto.issueUserToken('m-1');
    world.proxy.fault = (path) => (path === EXCHANGE ? (fault ?? 'pass') : 'pass');
    const answers = [await send(token), await send(token), await send(`${token} with a space`)];
    if (fault === undefined) await host.untilCalls('applied');
    else await delay(700);
    const found = await everything(answers, live);
    live.close();
    expect(found.includes(token)).toBe(false);
    expect(found.includes(CLIENT_SECRET)).toBe(false);
    expect(found.includes(SECRET_PATH)).toBe(false);
    // The search itself works: what may be seen is found.
    expect(found).toContain('User_Logged_Out');
  });

  it('when the store is away, and when bodies are broken', async () => {
    const live = new LiveSocket(host.url, { token: await host.token() });
    const token = world.meveto.issueUserToken('m-1');
    await host.app.get(DataSource).query('ALTER TABLE meveto_logout_calls RENAME TO hidden_calls');
    const answers = [
      await send(token),
      await host.post(`/meveto/webhook/${SECRET_PATH}`, `{"type":"User_Logged_Out","user_token":"${token}"`),
      await host.post('/meveto/webhook', { type: 'User_Logged_Out', user_token: token }),
      await host.post(`/meveto/webhook/${SECRET_PATH}`, { type: 'User_Logged_Out', user_token: [token] }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([503, 400, 404, 400]);
    await delay(600);
    await host.app.get(DataSource).query('ALTER TABLE hidden_calls RENAME TO meveto_logout_calls');
    const found = await everything(answers, live);
    live.close();
    expect(found.includes(token)).toBe(false);
    expect(found).toContain('store is not available');
  });

  it('erases the sealed token with the end of its call', async () => {
    await send(world.meveto.issueUserToken('m-1'));
    await host.untilCalls('applied');
    const [row] = await host.app
      .get(DataSource)
      .query<{ sealed: unknown }[]>('SELECT sealed FROM meveto_logout_calls');
    expect(row?.sealed).toBeNull();
  });
});
