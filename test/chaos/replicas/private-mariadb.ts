import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { freePort } from '../../support/network/free-port.js';
import { until } from '../../support/until.js';

const run = promisify(execFile);

/** A MariaDB server for one test, in a temporary folder, with the given options. */
export class PrivateMariaDb {
  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly server: ChildProcess,
  ) {}

  static async create(options: readonly string[]): Promise<PrivateMariaDb> {
    const folder = mkdtempSync(join(tmpdir(), 'meveto-mariadb-'));
    const port = await freePort();
    const own = ['--no-defaults', `--datadir=${join(folder, 'data')}`, `--user=${userInfo().username}`];
    await run('mariadb-install-db', [...own, '--auth-root-authentication-method=normal', '--skip-test-db']);
    const network = [
      `--port=${String(port)}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(folder, 'socket')}`,
    ];
    const server = spawn('mariadbd', [...own, ...network, ...options], { cwd: folder, stdio: 'ignore' });
    await Promise.race([
      once(server, 'spawn'),
      once(server, 'error').then(([error]) => Promise.reject(error as Error)),
    ]);
    const started = new PrivateMariaDb(folder, port, server);
    try {
      await until('MariaDB answers', () => started.#answers(), 30_000);
    } catch (error) {
      await started.remove();
      throw error;
    }
    return started;
  }

  get url(): string {
    return `mysql://root@127.0.0.1:${String(this.port)}/mysql`;
  }

  async remove(): Promise<void> {
    if (this.server.exitCode === null) {
      this.server.kill('SIGKILL');
      await once(this.server, 'exit');
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    if (this.server.exitCode !== null) throw new Error('mariadbd ended at its start');
    try {
      await (await createConnection(this.url)).end();
      return true;
    } catch {
      return false;
    }
  }
}
