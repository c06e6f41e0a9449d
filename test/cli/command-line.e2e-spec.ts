import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { bearerToken, MevetoLogoutModule, MevetoLogoutService, printSchema } from 'nestjs-meveto-logout';
import { memoryStore } from 'nestjs-meveto-logout/testing';
import { CliProgram } from '../support/cli/cli-program.js';
import { freePort } from '../support/network/free-port.js';
import { until } from '../support/until.js';

/** Generous: a busy machine starts a process slowly. */
const START_MS = 60_000;

/** The variables of a block for `.env`. */
const variablesIn = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));

describe('the command line', () => {
  let cli: CliProgram;
  beforeAll(async () => {
    cli = await CliProgram.build();
  });
  afterAll(() => cli.end());

  it.each([['--help'], ['-h']])('lists its commands: %s', async (option) => {
    const { status, output } = await cli.run([option]);
    expect(status).toBe(0);
    for (const name of ['simulator', 'trigger logout <meveto-id>', 'schema <', 'doctor']) {
      expect(output).toContain(`  ${name}`);
    }
  });

  it.each(['simulator', 'trigger', 'schema', 'doctor'])('describes a command: %s --help', async (name) => {
    const { status, output, errors } = await cli.run([name, '--help']);
    expect([status, errors]).toEqual([0, '']);
    expect(output).toContain(`Usage: nestjs-meveto-logout ${name}`);
  });

  it.each([
    ['Usage:', []],
    ['There is no command "nonsense"', ['nonsense']],
    ['There is no command "constructor"', ['constructor']],
    ["Unknown option '--nonsense'", ['doctor', '--nonsense']],
    ["'--prefix <value>' argument missing", ['schema', 'sqlite', '--prefix']],
    ['sqlite, postgres, mysql', ['schema', 'oracle']],
    ['sqlite, postgres, mysql', ['schema']],
    ['schema', ['schema', 'sqlite', '--schema', 'auth']],
    ['trigger logout <meveto-id>', ['trigger', 'logout']],
    ['trigger logout <meveto-id>', ['trigger', 'unlink', 'meveto-alice']],
    ['--port: expected a port', ['trigger', 'logout', 'meveto-alice', '--port', '65536']],
    ['--webhook: expected an http', ['doctor', '--webhook', 'localhost/secret-of-the-path']],
    ['--env: "missing.env"', ['doctor', '--env', 'missing.env']],
    ['There is no argument "more"', ['simulator', 'more']],
  ])('ends with status 2 and says why: %s %j', async (expected, args) => {
    const { status, output, errors } = await cli.run(args);
    expect([status, output]).toEqual([2, '']);
    expect(errors).toContain(expected);
    expect(errors).not.toContain('secret-of-the-path');
    expect(errors).not.toMatch(/^ +at /m);
  });

  it('prints the SQL of the tables', async () => {
    expect(await cli.run(['schema', 'mysql', '--prefix', 'app_'])).toEqual({
      status: 0,
      output: printSchema('mysql', { prefix: 'app_' }),
      errors: '',
    });
    const { output } = await cli.run(['schema', 'postgres', '--schema', 'auth']);
    expect(output).toBe(printSchema('postgres', { schema: 'auth' }));
  });

  it('says that no simulator runs', async () => {
    const port = String(await freePort());
    const { status, errors } = await cli.run(['trigger', 'logout', 'meveto-alice'], { SIMULATOR_PORT: port });
    expect(status).toBe(1);
    expect(errors).toContain(`No simulator answers at http://127.0.0.1:${port}`);
  });

  it('refuses a port that is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await until('the server listens', () => server.listening);
    const { port } = server.address() as AddressInfo;
    const { status, errors } = await cli.run(['simulator', '--port', String(port)]);
    server.close();
    expect(status).toBe(1);
    expect(errors).toContain('EADDRINUSE');
  });

  describe('with an application', () => {
    let folder: string;
    let app: INestApplication;
    let simulator: ReturnType<CliProgram['start']>;
    let variables: Record<string, string>;
    let port: number;

    const doctor = (more: Record<string, string> = {}, args: string[] = []) =>
      cli.run(['doctor', '--env', join(folder, '.env'), ...args], more);

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'meveto-cli-'));
      port = await freePort();
      simulator = cli.start(['simulator', '--port', '0'], { PORT: String(port) });
      await until('the simulator runs', () => simulator.read.output.includes('Meveto IDs'), START_MS);
      variables = { ...variablesIn(simulator.read.output), PORT: String(port) };
      const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
      writeFileSync(join(folder, '.env'), lines.join('\n'));
      const module = MevetoLogoutModule.forRoot({
        clientId: variables['MEVETO_CLIENT_ID'],
        clientSecret: variables['MEVETO_CLIENT_SECRET'],
        apiUrl: variables['MEVETO_API_URL'] ?? '',
        webhook: { secretPath: variables['MEVETO_WEBHOOK_SECRET_PATH'] },
        store: memoryStore(),
        session: bearerToken({ verify: () => undefined }),
        livePush: false,
      });
      const testing = await Test.createTestingModule({ imports: [module] }).compile();
      app = testing.createNestApplication({ logger: false, forceCloseConnections: true });
      await app.listen(port, '127.0.0.1');
    }, 2 * START_MS);
    afterAll(async () => {
      simulator.stop();
      await Promise.all([app.close(), simulator.ended]);
      rmSync(folder, { recursive: true });
    });

    const expectNoSecretIn = (text: string) => {
      expect(text).not.toContain(variables['MEVETO_CLIENT_SECRET']);
      expect(text).not.toContain(variables['MEVETO_WEBHOOK_SECRET_PATH']);
    };

    it('does not print secrets that are set', async () => {
      const again = cli.start(['simulator', '--port', '0', '--env', join(folder, '.env')]);
      await until('the simulator runs', () => again.read.output.includes('Meveto IDs'), START_MS);
      again.stop();
      const { output } = await again.ended;
      expectNoSecretIn(output);
      expect(output).toContain('# MEVETO_CLIENT_SECRET is set');
      expect(Object.keys(variablesIn(output))).toEqual(['MEVETO_API_URL']);
    });

    it('finds no fault in what the simulator printed', async () => {
      const { status, output, errors } = await doctor();
      expect([errors, output]).toEqual(['', expect.stringContaining('0 faults, 0 warnings')]);
      expect(status).toBe(0);
      expect(output.match(/^ok /gm)).toHaveLength(7);
      expectNoSecretIn(output);
    });

    it.each<[string, Record<string, string>]>([
      [
        'webhook: .*404: nothing is served',
        { MEVETO_WEBHOOK_SECRET_PATH: 'another-secret-of-32-characters1' },
      ],
      [
        'client id: or secret is refused with 401',
        { MEVETO_CLIENT_SECRET: 'another-secret-of-32-characters2' },
      ],
      ['MEVETO_API_URL: got http://meveto.example', { MEVETO_API_URL: 'http://meveto.example' }],
      ['webhook: http://127.0.0.1:9 does not answer', { PORT: '9' }],
    ])('finds a fault: %s', async (expected, more) => {
      const { status, output } = await doctor(more);
      expect(output).toMatch(new RegExp(`^fault {4}${expected}`, 'm'));
      expect(output).toContain('1 fault,');
      expect(status).toBe(1);
      expectNoSecretIn(output);
      for (const [name, value] of Object.entries(more)) {
        if (name.includes('SECRET')) expect(output).not.toContain(value);
      }
    });

    it('finds another handler at the path, and a clock that differs', async () => {
      const answers = createServer((request, response) => {
        const status = request.method === 'POST' ? 200 : 503;
        const date = new Date(Date.now() + 90_000).toUTCString();
        response.writeHead(status, { date, 'content-type': 'text/html' }).end('<p>hello</p>');
      }).listen(0, '127.0.0.1');
      await until('the server listens', () => answers.listening);
      const url = `http://127.0.0.1:${String((answers.address() as AddressInfo).port)}`;
      const { status, output } = await doctor({ MEVETO_API_URL: url }, [
        '--webhook',
        `${url}/meveto/webhook`,
      ]);
      answers.close();
      expect(status).toBe(1);
      expect(output).toMatch(/^fault {4}webhook: .* answers 200: it accepted a body that is no webhook/m);
      expect(output).toMatch(/^fault {4}Meveto’s API: .* answers 503/m);
      expect(output).toMatch(/^warning {2}client id: was not checked: .* answers 503/m);
      expect(output).toMatch(/^fault {4}clock: is (?:8[5-9]|90) s behind/m);
    });

    it('triggers a logout at the simulator that it started, and stops on SIGTERM', async () => {
      const at = ['--port', new URL(variables['MEVETO_API_URL'] ?? '').port];
      expect(await cli.run(['trigger', 'logout', 'meveto-alice', ...at])).toEqual({
        status: 0,
        output: 'Your application: HTTP 202\n',
        errors: '',
      });
      await until(
        'the job is done',
        async () => (await app.get(MevetoLogoutService).status()).calls.unknown_user === 1,
      );

      const unknown = await cli.run(['trigger', 'logout', 'nobody', ...at]);
      expect(unknown.status).toBe(1);
      expect(unknown.errors).toContain('meveto-alice, meveto-bob');

      await app.close();
      const failed = await cli.run(['trigger', 'logout', 'meveto-alice', ...at]);
      expect([failed.status, failed.output]).toEqual([1, expect.stringMatching(/^Your application: .+\n$/)]);

      simulator.stop();
      expect(await simulator.ended).toMatchObject({ status: 0, errors: '' });
    });
  });

  it('finds an application that does not check the secret', async () => {
    const server = createServer((_request, response) => {
      response
        .writeHead(400, { 'content-type': 'application/json' })
        .end(JSON.stringify({ statusCode: 400, message: '"type" must be a non-empty string.' }));
    }).listen(0, '127.0.0.1');
    await until('the server listens', () => server.listening);
    const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hook/a-secret-of-the-webhook-1`;
    const { status, output } = await cli.run(['doctor', '--webhook', url], {
      MEVETO_API_URL: 'http://127.0.0.1:9',
    });
    server.close();
    expect(status).toBe(1);
    expect(output).toMatch(/^fault {4}webhook: answers 400 to a wrong secret, expected 404/m);
    expect(output).toMatch(/^fault {4}Meveto’s API: http:\/\/127\.0\.0\.1:9 does not answer/m);
    expect(output).not.toContain('a-secret-of-the-webhook-1');
  });
});
