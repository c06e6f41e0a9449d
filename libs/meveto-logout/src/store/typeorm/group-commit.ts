import { play, type RunStatement, type Script } from './sql.js';

/** How long scripts are taken into one transaction before it is committed: the event loop stands still meanwhile. */
const MAX_GROUP_MS = 20;

interface Waiting {
  readonly operation: string;
  readonly script: () => Script<unknown>;
  readonly giveUpAt: number;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** Why a script failed, in the words of its operation. */
export type Failing = (operation: string, error: unknown) => unknown;

/**
 * Commits what is waiting with one COMMIT. On SQLite each commit waits for the disk while nothing else happens in the
 * process: one for each call and each outcome would be all that a process under load ever does. A script that throws is
 * undone alone, to its savepoint.
 */
export class GroupCommit {
  readonly #waiting: Waiting[] = [];

  constructor(private readonly failing: Failing) {}

  /** Resolves after the commit is on disk. Nothing runs before {@link flush}. `giveUpAt` is of `performance.now()`. */
  add<T>(operation: string, script: () => Script<T>, giveUpAt: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ operation, script, giveUpAt, resolve, reject });
    });
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /**
   * From BEGIN IMMEDIATE to COMMIT without leaving the event loop.
   * @returns the error that says that somebody else holds the lock: then everything still waits.
   */
  flush(runOne: RunStatement, isBusy: (error: unknown) => boolean): unknown {
    const group: Waiting[] = [];
    try {
      runOne({ sql: 'BEGIN IMMEDIATE', params: [] });
      const outcomes = this.#runAll(group, runOne);
      runOne({ sql: 'COMMIT', params: [] });
      for (const tell of outcomes) tell();
      return undefined;
    } catch (error) {
      tryTo(() => runOne({ sql: 'ROLLBACK', params: [] }));
      if (isBusy(error)) {
        this.#waiting.unshift(...group);
        return error;
      }
      const failed = group.length > 0 ? group : this.#waiting.splice(0);
      for (const { operation, reject } of failed) reject(this.failing(operation, error));
      return undefined;
    }
  }

  /** Gives up on what has waited for too long, or on everything. */
  giveUp(reason: (operation: string) => unknown, now = Infinity): void {
    const all = this.#waiting.splice(0);
    for (const each of all) {
      if (each.giveUpAt > now) this.#waiting.push(each);
      else each.reject(reason(each.operation));
    }
  }

  #runAll(group: Waiting[], runOne: RunStatement): readonly (() => void)[] {
    const outcomes: (() => void)[] = [];
    const begunAt = performance.now();
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      group.push(next);
      outcomes.push(this.#runToSavepoint(next, runOne));
      if (performance.now() - begunAt > MAX_GROUP_MS) break;
    }
    return outcomes;
  }

  /** What to tell once the commit is on disk. */
  #runToSavepoint({ operation, script, resolve, reject }: Waiting, runOne: RunStatement): () => void {
    runOne({ sql: 'SAVEPOINT meveto_logout', params: [] });
    try {
      const value = play(script, runOne);
      runOne({ sql: 'RELEASE meveto_logout', params: [] });
      return () => {
        resolve(value as never);
      };
    } catch (error) {
      // A full disk ends the whole transaction: then this throws, and takes the group with it.
      runOne({ sql: 'ROLLBACK TO meveto_logout', params: [] });
      runOne({ sql: 'RELEASE meveto_logout', params: [] });
      return () => {
        reject(this.failing(operation, error));
      };
    }
  }
}

function tryTo(work: () => unknown): void {
  try {
    work();
  } catch {
    // No transaction is open any more, or none ever was.
  }
}
