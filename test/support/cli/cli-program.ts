import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { build } from 'esbuild';

type Child = ChildProcessByStdio<null, Readable, Readable>;
type Environment = Readonly<Record<string, string>>;

/** The command line, bundled from its sources, as child processes. They inherit no variable of Meveto. */
export class CliProgram {
  readonly #children = new Set<Child>();

  private constructor(private readonly folder: string) {}

  static async build(): Promise<CliProgram> {
    const folder = resolve('dist', `cli-${String(process.pid)}`);
    await build({
      entryPoints: { cli: 'libs/meveto-logout/src/cli/index.ts' },
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      tsconfig: 'tsconfig.json',
      logLevel: 'error',
    });
    return new CliProgram(folder);
  }

  /** Runs a command to its end. */
  async run(args: readonly string[], environment: Environment = {}) {
    const running = this.start(args, environment);
    return running.ended;
  }

  start(args: readonly string[], environment: Environment = {}) {
    const env = { PATH: process.env['PATH'], ...environment };
    const child = spawn(process.execPath, [join(this.folder, 'cli.mjs'), ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    const read = { output: '', errors: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (read.output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (read.errors += text));
    const ended = once(child, 'close').then(([status]) => {
      this.#children.delete(child);
      return { status: status as number | null, ...read };
    });
    return { ended, read, stop: () => child.kill('SIGTERM') };
  }

  async end(): Promise<void> {
    const closed = [...this.#children].map((child) => {
      child.kill('SIGKILL');
      return once(child, 'close');
    });
    await Promise.all(closed);
    rmSync(this.folder, { recursive: true });
  }
}
