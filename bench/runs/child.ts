import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of a measure. It answers each message with one message. */
export interface Child<Question extends object, Answer> {
  ask(question: Question): Promise<Answer>;
  stop(): Promise<void>;
}

/**
 * Starts a file of this folder as a process of its own, and resolves once it has sent its first message.
 * @param file the name without its ending
 */
export async function startChild<Question extends object, Answer>(
  file: string,
  settings: Readonly<Record<string, string | number>> = {},
): Promise<Child<Question, Answer>> {
  const env = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));
  const child = fork(fileURLToPath(new URL(`${file}.js`, import.meta.url)), {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    execArgv: ['--expose-gc', '--enable-source-maps'],
  });
  await nextMessage(child, file);
  return {
    ask: async (question) => {
      const answer = nextMessage(child, file);
      child.send(question);
      return (await answer) as Answer;
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}

async function nextMessage(child: ChildProcess, file: string): Promise<unknown> {
  const waiting = new AbortController();
  const message = once(child, 'message', waiting).then(([value]) => value as unknown);
  const ended = once(child, 'exit', waiting).then(([code]) => {
    throw new Error(`${file} ended with ${String(code)}.`);
  });
  try {
    return await Promise.race([message, ended]);
  } finally {
    waiting.abort();
    await Promise.allSettled([message, ended]);
  }
}

/** For the process itself: says that it is ready, and answers each question. Ends together with its parent. */
export function answer(reply: (question: never) => unknown): void {
  process.on('message', (question) => {
    void Promise.resolve(reply(question as never)).then((value) => {
      process.send?.(value ?? {});
    });
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ isReady: true });
}

export const setting = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set.`);
  return value;
};

/** Prints the times behind a ratio, if BENCH_DETAILS is set. */
export function detail(text: string): void {
  if (process.env['BENCH_DETAILS'] !== undefined) console.error(text);
}

/** The same clock in all processes of this machine, milliseconds. */
export const now = (): number => performance.timeOrigin + performance.now();
