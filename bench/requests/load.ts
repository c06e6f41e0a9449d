import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Turn, TurnRequest } from './load-target.js';

type Answer = { readonly turn: Turn } | { readonly error: string };

/** The load process. This process, with the servers, has the first core; the load process has the second one. */
export class Load {
  readonly #ended: Promise<never>;

  private constructor(private readonly child: ChildProcess) {
    this.#ended = once(child, 'exit').then(() => {
      throw new Error('The load process ended.');
    });
    this.#ended.catch(() => undefined);
  }

  static start(): Load {
    const child = fork(fileURLToPath(new URL('load-process.js', import.meta.url)), { execArgv: [] });
    if (availableParallelism() > 1) {
      pin(process.pid, 0);
      if (child.pid !== undefined) pin(child.pid, 1);
    }
    return new Load(child);
  }

  async turn(request: TurnRequest): Promise<Turn> {
    const message = Promise.race([once(this.child, 'message'), this.#ended]);
    this.child.send(request);
    const [answer] = (await message) as [Answer];
    if ('error' in answer) throw new Error(`The load failed: ${answer.error}`);
    return answer.turn;
  }

  stop(): void {
    this.child.kill();
  }
}

/** Keeps all threads of a process on one core. Without taskset (Linux), the system places the processes. */
function pin(pid: number, core: number): void {
  spawnSync('taskset', ['-a', '-c', '-p', String(core), String(pid)], { stdio: 'ignore' });
}
