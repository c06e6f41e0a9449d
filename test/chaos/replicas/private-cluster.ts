import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../support/free-port.js';

const run = promisify(execFile);
const INSTALLED_AT = '/usr/lib/postgresql';

/** A PostgreSQL server of a test's own, in a temporary folder, that may be stopped without regard for anybody. */
export class PrivateCluster {
  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly fsync: 'on' | 'off',
  ) {}

  static async create(fsync: 'on' | 'off' = 'on'): Promise<PrivateCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'meveto-cluster-'));
    const cluster = new PrivateCluster(folder, await freePort(), fsync);
    if (isRoot()) await run('chown', ['postgres', folder]);
    await cluster.#run('initdb', ['-D', cluster.#data, '-U', 'postgres', '-A', 'trust', '--no-sync']);
    await cluster.start();
    return cluster;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${String(this.port)}/postgres`;
  }

  /** Resolves once it takes connections, after whatever recovery it needs. */
  async start(): Promise<void> {
    const options = `-p ${String(this.port)} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=${this.fsync}`;
    const log = join(this.folder, 'log');
    await this.#run('pg_ctl', ['-D', this.#data, '-l', log, '-o', options, '-w', 'start']);
  }

  /** Ends all of its processes as a loss of power would: nothing is written any more. */
  async stopImmediately(): Promise<void> {
    await this.#run('pg_ctl', ['-D', this.#data, '-m', 'immediate', '-w', 'stop']);
  }

  async remove(): Promise<void> {
    await this.stopImmediately().catch(() => undefined);
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.folder, 'data');
  }

  /** PostgreSQL refuses to be run by root. */
  async #run(command: string, args: readonly string[]): Promise<void> {
    const program = programOf(command);
    const [file, all] = isRoot() ? ['runuser', ['-u', 'postgres', '--', program, ...args]] : [program, args];
    // The server keeps what it inherits: nobody would see the end of a pipe.
    await new Promise<void>((resolve, reject) => {
      const child = execFile(file, [...all], { cwd: this.folder });
      child.once('error', reject).once('exit', (code) => {
        if (code === 0) resolve();
        else reject(new Error(`${command} ended with ${String(code)}`));
      });
    });
  }
}

const isRoot = (): boolean => process.getuid?.() === 0;

/** Debian keeps the server's programs out of the path. */
function programOf(command: string): string {
  const versions = existsSync(INSTALLED_AT) ? readdirSync(INSTALLED_AT) : [];
  const programs = versions.map((version) => join(INSTALLED_AT, version, 'bin', command));
  return programs.filter(existsSync).at(-1) ?? command;
}
