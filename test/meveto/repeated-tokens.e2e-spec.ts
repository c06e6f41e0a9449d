import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Script, SqlEngine } from '../../libs/meveto-logout/src/store/sql/sql.js';
import { STORE, type Store } from '../../libs/meveto-logout/src/store/store.port.js';
import { databaseKind } from '../support/database.js';
import { until } from '../support/until.js';
import { type HostClient, World } from '../support/world.js';

const EXCHANGE = '/api/client/user-for-token';
/**
 * The store's operation for a webhook. The worker has others. Whether the sender is looked up depends on the time since the last
 * look-up, not on the token.
 */
const OF_WEBHOOKS = ['store a job'];

/** SQLite and PostgreSQL insert first: the INSERT changes nothing if the digest is known. */
const insertsFirst = ['SQLite', 'PostgreSQL'].includes(databaseKind);

describe(`the repetition of a token on ${databaseKind}`, () => {
  let world: World;
  let host: HostClient;
  let statements: string[] = [];
  const tokens: Record<string, string> = {};

  beforeAll(async () => {
    world = await World.create();
    host = await world.start();
    tokens['applied'] = world.meveto.issueUserToken('m-1');
    tokens['unknown user'] = world.meveto.issueUserToken('m-nobody');
    tokens['rejected'] = 'forged';
    for (const token of Object.values(tokens)) await host.webhook(token);
    await host.untilJobs('applied');
    await host.untilJobs('unknown_user');
    await host.untilJobs('rejected');
    world.proxy.fault = (path) => (path === EXCHANGE ? { status: 503, body: '' } : 'pass');
    tokens['waiting'] = world.meveto.issueUserToken('m-1');
    await host.webhook(tokens['waiting']);
    await until('a failed exchange', () => world.proxy.count(EXCHANGE) === 4);
    record((host.app.get<Store>(STORE).inbox as unknown as { readonly engine: SqlEngine }).engine);
  });
  afterAll(() => world.end());

  /** Records the statements of webhooks. */
  function record(engine: SqlEngine): void {
    for (const method of ['transaction', 'read'] as const) {
      const original = engine[method].bind(engine);
      engine[method] = <T>(operation: string, script: () => Script<T>): Promise<T> =>
        original(operation, OF_WEBHOOKS.includes(operation) ? () => recorded(script()) : script);
    }
  }

  function* recorded<T>(steps: Script<T>): Script<T> {
    let step = steps.next({ rows: [], affected: 0 });
    while (step.done !== true) {
      statements.push(step.value.sql);
      step = steps.next(yield step.value);
    }
    return step.value;
  }

  async function statementsOf(token: string): Promise<readonly string[]> {
    statements = [];
    const response = await host.webhook(token);
    expect([response.status, await response.text()]).toEqual([202, '{"status":"accepted"}']);
    return statements;
  }

  it('has the same answer and the same statements for every result of its first exchange', async () => {
    const rejected = await statementsOf(tokens['rejected'] ?? '');
    expect(rejected.join('\n')).toMatch(/SELECT .* WHERE digest IN/s);
    const writes = rejected.filter((sql) => /INSERT|UPDATE/.test(sql));
    expect(writes).toEqual(
      insertsFirst ? [expect.stringMatching(/^INSERT .* ON CONFLICT DO NOTHING$/s)] : [],
    );
    for (const result of ['applied', 'unknown user', 'waiting']) {
      expect([result, await statementsOf(tokens[result] ?? '')]).toEqual([result, rejected]);
    }
    expect(await host.states()).toMatchObject({ applied: 1, unknown_user: 1, rejected: 1, pending: 1 });
    expect(world.proxy.count(EXCHANGE)).toBe(4);
  });

  it('differs by one statement from a new token', async () => {
    const repeated = await statementsOf(tokens['rejected'] ?? '');
    const first = await statementsOf('forged-anew');
    const [longer, shorter, onlyInLonger] = insertsFirst
      ? [repeated, first, /SELECT .* WHERE digest IN/s]
      : [first, repeated, /^INSERT/];
    expect(longer.filter((sql) => !onlyInLonger.test(sql))).toEqual(shorter);
    expect(longer).toHaveLength(shorter.length + 1);
  });
});
