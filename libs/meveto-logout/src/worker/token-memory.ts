import { Injectable } from '@nestjs/common';
import type { ClaimedCall } from '../inbox/inbox.port.js';
import { type Lane, LANES } from '../model/lane.js';
import type { UserToken } from '../model/user-token.js';

interface Remembered {
  call: ClaimedCall;
  readonly token: UserToken;
  /** Of `performance.now()`; undefined while it is worked on. */
  dueAt: number | undefined;
}

/**
 * Tokens that are kept in this process only (`tokenStorage: 'none'`), with the claims on their calls, until the calls end.
 */
@Injectable()
export class TokenMemory {
  /** By id, in the order of their coming. */
  readonly #calls = Object.fromEntries(LANES.map((lane) => [lane, new Map()])) as Record<
    Lane,
    Map<string, Remembered>
  >;
  readonly #digests = new Set<string>();

  #isClosed = false;

  /** Takes no more tokens: this process is about to end, and nobody else could have them. */
  close(): void {
    this.#isClosed = true;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get size(): number {
    return this.#digests.size;
  }

  /** Whether a call with one of these digests is waiting or being worked on. */
  knows(digests: readonly string[]): boolean {
    return digests.some((digest) => this.#digests.has(digest));
  }

  add(call: ClaimedCall, token: UserToken): void {
    this.#calls[call.lane].set(call.id, { call, token, dueAt: performance.now() });
    this.#digests.add(call.digest);
  }

  tokenOf({ id, lane }: ClaimedCall): UserToken | undefined {
    return this.#calls[lane].get(id)?.token;
  }

  /** Up to `limit` calls that are due, by lanes, oldest first within a lane; of strangers' ones up to `strangerLimit`. */
  take(limit: number, strangerLimit: number): ClaimedCall[] {
    const now = performance.now();
    const taken: ClaimedCall[] = [];
    for (const lane of LANES) {
      const most = taken.length + (lane === 'stranger' ? strangerLimit : limit);
      for (const each of this.#calls[lane].values()) {
        if (taken.length >= Math.min(limit, most)) break;
        if (each.dueAt === undefined || each.dueAt > now) continue;
        each.dueAt = undefined;
        taken.push(each.call);
      }
    }
    return taken;
  }

  /** A call of this memory was claimed anew: it is worked on with the new claim. */
  resume(call: ClaimedCall): void {
    const known = this.#calls[call.lane].get(call.id);
    if (known !== undefined) Object.assign(known, { call, dueAt: undefined });
  }

  /** Lets a call wait for its next attempt, whose mark `call` carries. */
  pause(call: ClaimedCall, delayMs: number): void {
    const known = this.#calls[call.lane].get(call.id);
    if (known !== undefined) Object.assign(known, { call, dueAt: performance.now() + delayMs });
  }

  /** The call's turn is over: it is forgotten, unless it waits for another attempt. */
  done(call: ClaimedCall): void {
    if (this.#calls[call.lane].get(call.id)?.dueAt === undefined) this.forget(call);
  }

  hasDue(): boolean {
    const now = performance.now();
    return LANES.some((lane) =>
      [...this.#calls[lane].values()].some(({ dueAt }) => (dueAt ?? Infinity) <= now),
    );
  }

  forget({ id, lane, digest }: ClaimedCall): void {
    if (this.#calls[lane].delete(id)) this.#digests.delete(digest);
  }

  /** The calls that nobody is working on. */
  waiting(): ClaimedCall[] {
    return LANES.flatMap((lane) => [...this.#calls[lane].values()])
      .filter(({ dueAt }) => dueAt !== undefined)
      .map(({ call }) => call);
  }
}
