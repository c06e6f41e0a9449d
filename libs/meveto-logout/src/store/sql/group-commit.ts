import { play, type RunStatement, type Script } from './sql.js';

const MAX_REST_MS = 50;
const MAX_LONGER_REST_MS = 25;
const MAX_REST_FACTOR = 4;

/** How long scripts may join one transaction before the commit, in milliseconds. The event loop is blocked meanwhile. */
const MAX_GROUP_MS = 20;

interface Waiting {
  readonly operation: string;
  readonly script: () => Script<unknown>;
  readonly giveUpAt: number;
  /** Whether the script is committed alone, because its group failed. */
  isAlone: boolean;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/** The meaning of SQLite's errors. */
export interface Meanings {
  readonly isBusy: (error: unknown) => boolean;
  /** Whether SQLite refuses a row. */
  readonly isRowFault: (error: unknown) => boolean;
}

/** Makes the error of a failed script from the operation and the cause. */
export type Failing = (operation: string, error: unknown) => unknown;

/**
 * Commits all waiting scripts with one COMMIT. On SQLite each commit blocks the process until the disk has written. With one commit
 * for each job and each outcome, a process under load would do nothing else. A script that throws is rolled back alone, to its
 * savepoint. If a refused row ends the whole transaction (a deferred constraint, RAISE(ROLLBACK)), each script is committed alone.
 *
 * The first script of a transaction has no savepoint, because within one SQLite copies each page before its first change. If that script
 * throws, the transaction is rolled back, and the other scripts wait for the next flush.
 */
export class GroupCommit {
  readonly #waiting: Waiting[] = [];

  constructor(private readonly failing: Failing) {}

  /** Queues a script for the next {@link flush}. Resolves after the commit is on disk. `giveUpAt` is a value of `performance.now()`. */
  add<T>(operation: string, script: () => Script<T>, giveUpAt: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ operation, script, giveUpAt, isAlone: false, resolve, reject });
    });
  }

  /** Number of waiting scripts. */
  get size(): number {
    return this.#waiting.length;
  }

  /**
   * Runs the waiting scripts from BEGIN IMMEDIATE to COMMIT in one turn of the event loop.
   * @returns the error of a locked database, and then all scripts still wait; otherwise undefined.
   */
  flush(runOne: RunStatement, { isBusy, isRowFault }: Meanings): unknown {
    const group: Waiting[] = [];
    try {
      runOne({ sql: 'BEGIN IMMEDIATE', params: [] });
      const outcomes = this.#runAll(group, runOne);
      runOne({ sql: 'COMMIT', params: [] });
      for (const settle of outcomes) settle();
      return undefined;
    } catch (error) {
      tryTo(() => runOne({ sql: 'ROLLBACK', params: [] }));
      if (isBusy(error)) {
        this.#waiting.unshift(...group);
        return error;
      }
      if (group.length > 1 && isRowFault(error)) {
        for (const each of group) each.isAlone = true;
        this.#waiting.unshift(...group);
        return undefined;
      }
      const failed = group.length > 0 ? group : this.#waiting.splice(0);
      for (const { operation, reject } of failed) reject(this.failing(operation, error));
      return undefined;
    }
  }

  /** Rejects the scripts whose `giveUpAt` has passed; without `now`, all scripts. */
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
      outcomes.push(group.length === 1 ? runScript(next, runOne) : this.#runToSavepoint(next, runOne));
      if (next.isAlone || this.#waiting[0]?.isAlone === true) break;
      if (performance.now() - begunAt > MAX_GROUP_MS) break;
    }
    return outcomes;
  }

  /** As {@link runScript}. If the script throws, the returned function rejects its promise. */
  #runToSavepoint(next: Waiting, runOne: RunStatement): () => void {
    runOne({ sql: 'SAVEPOINT meveto_logout', params: [] });
    try {
      const settle = runScript(next, runOne);
      runOne({ sql: 'RELEASE meveto_logout', params: [] });
      return settle;
    } catch (error) {
      if (!this.#isRolledBack(runOne)) throw error;
      return () => {
        next.reject(this.failing(next.operation, error));
      };
    }
  }

  /** Rolls back to the savepoint. Returns false if the error ended the whole transaction, as a full disk does: then the group fails. */
  #isRolledBack(runOne: RunStatement): boolean {
    try {
      runOne({ sql: 'ROLLBACK TO meveto_logout', params: [] });
      runOne({ sql: 'RELEASE meveto_logout', params: [] });
      return true;
    } catch {
      return false;
    }
  }
}

/** Runs a script. Returns the function that resolves its promise once the commit is on disk. */
function runScript({ script, resolve }: Waiting, runOne: RunStatement): () => void {
  const value = play(script, runOne);
  return () => {
    resolve(value as never);
  };
}

function tryTo(work: () => unknown): void {
  try {
    work();
  } catch {
    // No transaction is open.
  }
}

/**
 * The pause between a commit and the next one, in milliseconds, which the event loop has for other work. As long as the commit
 * took, 50 ms at most. If several scripts shared the commit, up to four times as long, 25 ms at most.
 * @param size number of scripts in the commit
 */
export function restMs(tookMs: number, size: number): number {
  const longerMs = Math.min(tookMs * Math.min(size, MAX_REST_FACTOR), MAX_LONGER_REST_MS);
  return Math.min(Math.max(tookMs, longerMs), MAX_REST_MS);
}
