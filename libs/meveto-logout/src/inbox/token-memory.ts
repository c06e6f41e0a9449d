import { type ClaimedJob, type Priority, PRIORITIES, type UserToken } from '../store/index.js';

interface Remembered {
  job: ClaimedJob;
  readonly token: UserToken;
  /** Of `performance.now()`; undefined while the job is in flight. */
  dueAt: number | undefined;
  /** When the last attempt began, of `performance.now()`; undefined before the first one. */
  startedAt?: number;
}

/** Tokens that exist in this process only, with the claims on their jobs, until the jobs finish. */
export class TokenMemory {
  /** By id, in the order of arrival. */
  readonly #jobs = Object.fromEntries(PRIORITIES.map((priority) => [priority, new Map()])) as Record<
    Priority,
    Map<string, Remembered>
  >;
  readonly #digests = new Set<string>();

  get size(): number {
    return this.#digests.size;
  }

  /** Whether a job with one of these digests is waiting or in flight. */
  knows(digests: readonly string[]): boolean {
    return digests.some((digest) => this.#digests.has(digest));
  }

  add(job: ClaimedJob, token: UserToken): void {
    this.#jobs[job.priority].set(job.id, { job, token, dueAt: performance.now() });
    this.#digests.add(job.digest);
  }

  tokenOf({ id, priority }: ClaimedJob): UserToken | undefined {
    return this.#jobs[priority].get(id)?.token;
  }

  /** When the last attempt of a job began, of `performance.now()`; undefined before the first one. */
  startedAt({ id, priority }: ClaimedJob): number | undefined {
    return this.#jobs[priority].get(id)?.startedAt;
  }

  /** Takes up to `limit` due jobs, by priority and then by age; at most `unknownSenderLimit` of unknown senders. */
  take(limit: number, unknownSenderLimit: number): ClaimedJob[] {
    const now = performance.now();
    const taken: ClaimedJob[] = [];
    for (const priority of PRIORITIES) {
      const most = taken.length + (priority === 'unknown' ? unknownSenderLimit : limit);
      for (const each of this.#jobs[priority].values()) {
        if (taken.length >= Math.min(limit, most)) break;
        if (each.dueAt === undefined || each.dueAt > now) continue;
        each.dueAt = undefined;
        each.startedAt = now;
        taken.push(each.job);
      }
    }
    return taken;
  }

  /** Replaces the claim of a job that was claimed again. */
  resume(job: ClaimedJob): void {
    const known = this.#jobs[job.priority].get(job.id);
    if (known !== undefined) Object.assign(known, { job, dueAt: undefined, startedAt: performance.now() });
  }

  /** Lets a job wait for its next attempt. `job` contains the claim of that attempt. */
  pause(job: ClaimedJob, delayMs: number): void {
    const known = this.#jobs[job.priority].get(job.id);
    if (known !== undefined) Object.assign(known, { job, dueAt: performance.now() + delayMs });
  }

  /** Forgets a job after its attempt, unless it waits for another attempt, or the next attempt has begun meanwhile. */
  done(job: ClaimedJob): void {
    const known = this.#jobs[job.priority].get(job.id);
    if (known?.dueAt === undefined && known?.job.attempts === job.attempts) this.forget(job);
  }

  hasDue(): boolean {
    const now = performance.now();
    return PRIORITIES.some((priority) =>
      [...this.#jobs[priority].values()].some(({ dueAt }) => (dueAt ?? Infinity) <= now),
    );
  }

  forget({ id, priority, digest }: ClaimedJob): void {
    if (this.#jobs[priority].delete(id)) this.#digests.delete(digest);
  }

  /** The jobs that are not in flight. */
  waiting(): ClaimedJob[] {
    return PRIORITIES.flatMap((priority) => [...this.#jobs[priority].values()])
      .filter(({ dueAt }) => dueAt !== undefined)
      .map(({ job }) => job);
  }
}
