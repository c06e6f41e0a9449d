import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../support/network/free-port.js';

const run = promisify(execFile);
const INSTALLED_AT = '/usr/lib/postgresql';

/** A PostgreSQL server for one test, in a temporary folder. Tests may stop it at will. */
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

  /** Resolves when the server accepts connections, after its recovery. */
  async start(): Promise<void> {
    const options = `-p ${String(this.port)} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=${this.fsync}`;
    const log = join(this.folder, 'log');
    await this.#run('pg_ctl', ['-D', this.#data, '-l', log, '-o', options, '-w', 'start']);
  }

  /** Ends all processes of the server like a power failure: nothing more is written. */
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

  /** PostgreSQL does not run as root. */
  async #run(command: string, args: readonly string[]): Promise<void> {
    const program = programOf(command);
    const [file, all] = isRoot() ? ['runuser', ['-u', 'postgres', '--', program, ...args]] : [program, args];
    // The server keeps inherited descriptors: a pipe would never end.
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

/** Debian does not put the server's programs into the path. */
function programOf(command: string): string {
  const versions = existsSync(INSTALLED_AT) ? readdirSync(INSTALLED_AT) : [];
  const programs = versions.map((version) => join(INSTALLED_AT, version, 'bin', command));
  return programs.filter(existsSync).at(-1) ?? command;
}
