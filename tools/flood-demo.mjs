// Runs the compiled demo as a separate process on its own database, and measures its memory and CPU time.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import pg from 'pg';

const MAIN = 'dist/apps/demo/main.js';
const SERVERS = {
  postgres: 'postgres://postgres@127.0.0.1:5432/postgres',
  mysql: 'mysql://root@127.0.0.1:3306/mysql',
};
const TICKS_PER_SECOND = 100;

/**
 * @param {'sqlite' | 'postgres' | 'mysql'} database
 * @param {Record<string, string>} env
 */
export async function startDemo(database, env) {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} does not exist. Run \`npm run build\` first.`);
  const folder = mkdtempSync(join(tmpdir(), 'meveto-flood-'));
  const storage = database === 'sqlite' ? sqliteFile(folder) : await databaseOn(database);
  const port = await freePort();
  const flags = (process.env.FLOOD_NODE_FLAGS ?? '').split(' ').filter(Boolean);
  const child = spawn(process.execPath, [...flags, MAIN], {
    env: { PATH: process.env.PATH, PORT: String(port), DATABASE_URL: storage.url, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const url = `http://127.0.0.1:${String(port)}`;
  await ready(url, child, () => output);
  return {
    url,
    output: () => output,
    usage: () => usageOf(child.pid ?? 0),
    isRunning: () => child.exitCode === null && child.signalCode === null,
    stop: async () => {
      if (child.exitCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      await storage.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @param {string} folder */
const sqliteFile = (folder) => ({
  url: `sqlite:${join(folder, 'demo.sqlite')}`,
  drop: () => Promise.resolve(),
});

/** Creates a database on TEST_DATABASE_URL, or on this machine's server. @param {'postgres' | 'mysql'} kind */
async function databaseOn(kind) {
  const server = process.env.TEST_DATABASE_URL ?? SERVERS[kind];
  const name = `meveto_flood_${String(process.pid)}_${String(Date.now())}`;
  const run = async (/** @type {string} */ sql) => {
    const client = kind === 'mysql' ? await mysql.createConnection(server) : new pg.Client(server);
    if (client instanceof pg.Client) await client.connect();
    await client.query(sql);
    await client.end();
  };
  await run(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => run(`DROP DATABASE ${name}${kind === 'mysql' ? '' : ' WITH (FORCE)'}`),
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** @param {string} url @param {import('node:child_process').ChildProcess} child @param {() => string} output */
async function ready(url, child, output) {
  for (let tries = 0; tries < 300; tries += 1) {
    if (child.exitCode !== null) throw new Error(`The demo ended at start:\n${output()}`);
    const isUp = await fetch(`${url}/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (isUp) return;
    await delay(100);
  }
  throw new Error('The demo did not start within 30 seconds.');
}

/** Resident memory in MiB now and at its peak, and seconds of CPU so far. Linux only. @param {number} pid */
function usageOf(pid) {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  const mib = (/** @type {string} */ name) =>
    Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1_024;
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  return { rssMiB: mib('VmRSS'), peakMiB: mib('VmHWM'), cpuSeconds };
}
