import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canaries } from '../secrets/canaries.js';
import { freePort } from '../network/free-port.js';
import { until } from '../until.js';

const MAIN = 'dist/apps/demo/main.js';

/** The compiled demo with its simulator, as a separate process on free ports. */
export class DemoProcess {
  #output = '';
  #child: ChildProcess;

  private constructor(
    private readonly env: NodeJS.ProcessEnv,
    readonly url: string,
    readonly simulatorUrl: string,
    private readonly folder: string,
  ) {
    this.#child = this.#spawn();
  }

  get child(): ChildProcess {
    return this.#child;
  }

  static async start(env: Record<string, string> = {}): Promise<DemoProcess> {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there. Run \`npm run build\` first.`);
    for (let attempts = 1; ; attempts += 1) {
      const demo = await DemoProcess.#prepare(env);
      try {
        await demo.#ready();
        return demo;
      } catch (error) {
        await demo.stop();
        // Another process has taken the port meanwhile.
        if (attempts === 3 || !/port \d+ is in use/.test(demo.output)) throw error;
      }
    }
  }

  static async #prepare(env: Record<string, string>): Promise<DemoProcess> {
    const [port, simulatorPort] = [await freePort(), await freePort()];
    const folder = mkdtempSync(join(tmpdir(), 'meveto-demo-'));
    const whole = {
      PATH: process.env['PATH'],
      PORT: String(port),
      SIMULATOR_PORT: String(simulatorPort),
      DATABASE_URL: `sqlite:${join(folder, 'demo.sqlite')}`,
      ...env,
    };
    const urls = [`http://127.0.0.1:${String(port)}`, `http://127.0.0.1:${String(simulatorPort)}`] as const;
    return new DemoProcess(whole, ...urls, folder);
  }

  get output(): string {
    return this.#output;
  }

  /** Ends the process like a power failure. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  async stop(): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Ends the process and keeps its data. */
  async end(): Promise<void> {
    // Search the whole output: chunks may split a token.
    canaries.lookForAny('output of the demo', this.#output);
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    await once(this.#child, 'exit');
  }

  /** Starts the process again with its data. */
  async startAgain(): Promise<void> {
    this.#child = this.#spawn();
    await this.#ready();
  }

  #spawn(): ChildProcess {
    const child = spawn(process.execPath, [MAIN], { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
        canaries.look('output of the demo', chunk);
      });
    }
    return child;
  }

  async #ready(): Promise<void> {
    await until(
      'the demo answers',
      async () => {
        if (this.#child.exitCode !== null) throw new Error(`the demo ended at start:\n${this.#output}`);
        return fetch(`${this.url}/health`).then(
          (response) => response.ok,
          () => false,
        );
      },
      30_000,
    );
  }
}
