import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { PendingWebhooksUnavailableError, type PendingWebhookSource } from 'nestjs-meveto-logout';
import { DataSource } from 'typeorm';
import { databaseKind } from '../support/database.js';
import type { Fault } from '../support/network/fault-proxy.js';
import { defaultHttpAdapter } from '../support/hosts/http-adapters.js';
import { seen, shown } from '../support/secrets/secret-search.js';
import { canary, SecretWorld, WEBHOOK } from '../support/secrets/secret-world.js';
import { letTimePass, until } from '../support/until.js';

const EXCHANGE = '/api/client/user-for-token';
const PENDING = '/api/client/webhooks/pending';

describe(`no token appears anywhere, on ${databaseKind} and ${defaultHttpAdapter}`, () => {
  let secrets: SecretWorld;
  afterEach(() => secrets.end());

  it('and the search covers every log level, the console, rows, answers and messages', async () => {
    secrets = await SecretWorld.start();
    const traces = Array.from({ length: 8 }, canary);
    const logger = new Logger('Search');
    logger.log(traces[0]);
    logger.error(new Error(traces[1]));
    logger.warn({ deep: { down: traces[2] } });
    logger.debug(traces[3]);
    logger.verbose(traces[4]);
    logger.fatal(traces[5]);
    console.error(traces[6]);
    await secrets.host.app
      .get(DataSource)
      .query('SELECT id FROM users WHERE meveto_id = $1'.replace('$1', `'${String(traces[7])}'`));
    const found = await secrets.everything();
    expect(traces.filter((trace) => !found.includes(trace))).toEqual([]);
    expect(found).toContain('"event":"connect"');
    expect(found).toContain('m-1');
    // Part of the database's file or dump.
    expect(found).toContain('CREATE TABLE');
    expect(found).toContain('webhook_refused');
  });

  it('and the search covers events, metrics and spans, which also contain no Meveto ID, address or digest', async () => {
    secrets = await SecretWorld.start();
    const token = secrets.world.meveto.issueUserToken('m-1');
    await secrets.send(token);
    await secrets.host.untilJobs('applied');
    await secrets.live.next('logged-out');
    const { observers, host } = secrets;
    await until('the span', async () => (await observers.measured()).includes('notify_connections'));
    const told = await observers.told();
    for (const shown of [
      'MEVETO_JOB_APPLIED',
      'meveto_logout_calls{state="applied"} 1',
      'meveto_logout.step.duration',
      'meveto_logout.job',
    ])
      expect(told).toContain(shown);
    const [row] = await host.app
      .get(DataSource)
      .query<{ digest: string; subject_digest: string }[]>(
        'SELECT digest, subject_digest FROM meveto_logout_jobs',
      );
    const { digest, subject_digest: subject } = row ?? {};
    for (const secret of ['m-1', digest, subject, digest?.slice(0, 12)])
      expect([secret, told.includes(secret ?? '')]).toEqual([secret, false]);
    expect(told).not.toMatch(/127\.0\.0\.1|::1\b/);
    expect(await secrets.expectNone(token)).toContain('MEVETO_JOB_APPLIED');
  });

  it.each<[string, ((token: string) => Fault) | undefined]>([
    ['applied', undefined],
    ['tried again after an error', () => ({ status: 500, body: '{"message":"Server Error"}' })],
    [
      'tried again after an error that quotes it',
      (token) => ({ status: 503, body: token, headers: { 'x-token': token } }),
    ],
    [
      'tried again after an error with HTTP 200',
      (token) => ({ status: 200, body: `{"error":"${token}","error_description":"${token}"}` }),
    ],
    ['tried again after a time-out', () => 'hang'],
    ['tried again after a reset', () => 'reset'],
    ['tried again after an answer was lost', () => 'lose-answer'],
    ['tried again after garbage', (token) => ({ status: 200, body: `{"status":"${token}` })],
    [
      'tried again after an answer that names it',
      (token) => ({ status: 200, body: `{"status":"${token}","payload":{"user":null,"t":"${token}"}}` }),
    ],
    ['tried again after an answer that is too long', (token) => ({ status: 200, body: token.repeat(3_000) })],
    [
      'redirected',
      (token) => ({ status: 302, body: '', headers: { location: `http://127.0.0.1:9/?token=${token}` } }),
    ],
    ['rejected', (token) => ({ status: 200, body: `{"status":"Invalid_User_Token","message":"${token}"}` })],
  ])('when a job is %s', async (_what, faultOf) => {
    secrets = await SecretWorld.start();
    const token = secrets.world.meveto.issueUserToken('m-1');
    const fault = faultOf?.(token) ?? 'pass';
    secrets.world.proxy.fault = (path) => (path === EXCHANGE ? fault : 'pass');
    expect([
      await secrets.send(token),
      await secrets.send(token),
      await secrets.send(`${token} with a space`),
    ]).toEqual([202, 202, 400]);
    await until('an attempt', () => Promise.resolve(secrets.world.proxy.count(EXCHANGE) > 0));
    if (faultOf === undefined) {
      await secrets.host.untilJobs('applied');
      await secrets.live.next('logged-out');
    } else await letTimePass(500);
    // The search works: it finds permitted text.
    expect(await secrets.expectNone(token)).toContain('"kind":"logout"');
  });

  it('in traces of HTTP, except in the query that Meveto requires', async () => {
    const traced: { readonly what: string; readonly query: string }[] = [];
    const note = (message: unknown): void => {
      const { request } = message as { request: ClientRequest | IncomingMessage };
      const [url, headers] =
        'getHeaders' in request ? [request.path, request.getHeaders()] : [request.url ?? '', request.headers];
      const [path = '', query = ''] = url.split('?');
      traced.push({ what: seen([request.method, path, headers]), query: path === EXCHANGE ? query : '' });
      if (path !== EXCHANGE) traced.push({ what: query, query: '' });
    };
    const channels = ['http.client.request.start', 'http.server.request.start'];
    for (const channel of channels) subscribe(channel, note);
    try {
      secrets = await SecretWorld.start();
      const token = secrets.world.meveto.issueUserToken('m-1');
      await secrets.send(token);
      await secrets.host.untilJobs('applied');
      await secrets.host.service.reconcileNow();
      expect(traced.filter(({ query }) => query.includes(token)).length).toBeGreaterThan(0);
      expect(traced.filter(({ what }) => what.includes(token))).toEqual([]);
      expect(traced.map(({ what }) => what).join()).toContain(PENDING);
    } finally {
      for (const channel of channels) unsubscribe(channel, note);
    }
  });

  it('when Meveto does not answer until the breaker opens', async () => {
    secrets = await SecretWorld.start();
    secrets.world.proxy.fault = (path) => (path === EXCHANGE ? 'reset' : 'pass');
    const tokens = Array.from({ length: 8 }, () => secrets.world.meveto.issueUserToken('m-1'));
    for (const token of tokens) await secrets.send(token);
    await until('the breaker', () =>
      Promise.resolve(secrets.recorder.lines.some((line) => /pause|outage|does not answer/i.test(line))),
    );
    await secrets.expectNone(...tokens);
    secrets.world.proxy.fault = () => 'pass';
    await until('the end of the outage', async () => (await secrets.host.states()).pending === 0, 10_000);
    await secrets.expectNone(...tokens);
  });

  it('when it comes from the list of pending webhooks, also when the list is invalid', async () => {
    secrets = await SecretWorld.start();
    const token = secrets.world.meveto.issueUserToken('m-1');
    const others = Array.from({ length: 12 }, canary);
    const good = { id: 'wh-1', type: 'User_Logged_Out', user_token: token };
    const bad = [
      others[0],
      { ...good, id: { more: others[1] } },
      { ...good, id: 'wh-2', user_token: `${String(others[2])} with a space` },
      { ...good, id: 'wh-3', type: others[3] },
      { ...good, id: 'wh-4', user_token: [others[4]] },
    ];
    const page = (webhooks: unknown, more: object = {}) =>
      JSON.stringify({ status: 'Pending_Webhooks_Retrieved', payload: { webhooks, next: null, ...more } });
    const answers: Fault[] = [
      { status: 200, body: page([...bad, good]) },
      { status: 200, body: page(others[5]) },
      { status: 200, body: `{"status":"${String(others[6])}"` },
      { status: 500, body: String(others[7]), headers: { 'x-token': String(others[8]) } },
      { status: 302, body: '', headers: { location: `/${String(others[9])}` } },
      {
        status: 200,
        body: page([], { next: { cursor: others[10] } }),
        headers: { 'x-token': String(others[11]) },
      },
    ];
    // Only the first of several failures is logged: put a valid answer between them.
    for (const answer of answers.flatMap((each): Fault[] => [each, { status: 200, body: page([]) }])) {
      secrets.world.proxy.fault = (path) => (path === PENDING ? answer : 'pass');
      await secrets.host.service
        .reconcileNow()
        .catch((error: unknown) => secrets.received.push(shown(error)));
    }
    await secrets.host.untilJobs('applied');
    await secrets.live.next('logged-out');
    expect(await secrets.expectNone(token, ...others)).toContain(
      '5 entries of Meveto’s list of pending webhooks were not understood',
    );
  });

  it('when it comes from a source of the application, whatever the source throws', async () => {
    let page: () => unknown = () => ({ webhooks: [] });
    const source = { page: () => Promise.resolve().then(() => page()) } as PendingWebhookSource;
    secrets = await SecretWorld.start({ reconcile: { source } });
    const token = secrets.world.meveto.issueUserToken('m-1');
    const others = Array.from({ length: 5 }, canary);
    const look = () =>
      secrets.host.service.reconcileNow().catch((error: unknown) => secrets.received.push(shown(error)));
    const pages: (() => unknown)[] = [
      () => ({
        webhooks: [{ id: '1', type: 'User_Logged_Out', userToken: token }, { userToken: others[0] }],
      }),
      () => others[1],
      () => {
        throw new Error(others[2], { cause: others[3] });
      },
      () => Promise.reject(new PendingWebhooksUnavailableError(others[4] ?? '')),
    ];
    for (const each of pages) {
      page = each;
      await look();
      // Only the first of several failures is logged.
      page = () => ({ webhooks: [] });
      await look();
    }
    await secrets.host.untilJobs('applied');
    expect(await secrets.expectNone(token, ...others)).toContain('reconcile.source');
  });

  it('when the store does not answer', async () => {
    secrets = await SecretWorld.start();
    const token = secrets.world.meveto.issueUserToken('m-1');
    const [inQuery, inHeader] = [canary(), canary()];
    const dataSource = secrets.host.app.get(DataSource);
    await dataSource.query('ALTER TABLE meveto_logout_jobs RENAME TO hidden_jobs');
    expect(await secrets.send(token, `${WEBHOOK}?user_token=${inQuery}`, { 'x-token': inHeader })).toBe(503);
    await secrets.host.service
      .listJobs({ state: 'pending' })
      .catch((error: unknown) => secrets.received.push(shown(error)));
    // Worker, poller and guard meet the outage.
    await letTimePass(600);
    await dataSource.query('ALTER TABLE hidden_jobs RENAME TO meveto_logout_jobs');
    expect(await secrets.expectNone(token, inQuery, inHeader)).toContain('store is not available');
  });

  it('and the sealed token is erased when its job finishes', async () => {
    secrets = await SecretWorld.start();
    await secrets.send(secrets.world.meveto.issueUserToken('m-1'));
    await secrets.host.untilJobs('applied');
    const [row] = await secrets.host.app
      .get(DataSource)
      .query<{ sealed: unknown }[]>('SELECT sealed FROM meveto_logout_jobs');
    expect(row?.sealed).toBeNull();
  });
});
