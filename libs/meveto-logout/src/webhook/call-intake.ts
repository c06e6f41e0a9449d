import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { StoreUnavailableError } from '../errors.js';
import type { IncomingCall } from '../inbox/inbox.port.js';
import type { CallType } from '../model/call.js';
import type { UserToken } from '../model/user-token.js';
import { CallEvents } from '../observe/call-events.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from '../secrets/token-vault.js';
import type { Store } from '../store/store.port.js';
import { RESOLVED_OPTIONS, STORE } from '../tokens.js';

const MAX_BATCH = 200;
/** Calls in memory that wait for a commit. More are refused at once: the store does not keep up. */
const MAX_WAITING = 5_000;

interface Waiting {
  readonly call: IncomingCall;
  /** Meveto was answered 503 in the meantime, and comes again. */
  isAbandoned: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Takes calls into the inbox. Calls that arrive while a commit is under way share the next one, so that a burst costs
 * few commits and a single call waits for no timer.
 */
@Injectable()
export class CallIntake {
  #waiting: Waiting[] = [];
  #isCommitting = false;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(TokenVault) private readonly vault: TokenVault,
    @Inject(CallEvents) private readonly events: CallEvents,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * Resolves once the call is committed, or was known before.
   * @throws {StoreUnavailableError} when that takes longer than `storeTimeoutMs` or fails. The call may have been
   * stored all the same; whoever sends it again does no harm.
   */
  async accept(type: CallType, token: UserToken): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING)
      throw new StoreUnavailableError('store a call: too many are waiting');
    const digest = this.vault.digestToken(token.reveal());
    const call = { type, digest, sealed: this.vault.seal(token.reveal(), digest) };
    let waiting: Waiting | undefined;
    const committed = new Promise<void>((resolve, reject) => {
      waiting = { call, resolve, reject, isAbandoned: false };
      this.#waiting.push(waiting);
    });
    if (!this.#isCommitting) void this.#commitAll();
    try {
      await this.#inTime(committed);
    } finally {
      if (waiting !== undefined) waiting.isAbandoned = true;
    }
  }

  async #commitAll(): Promise<void> {
    this.#isCommitting = true;
    // Whatever the event loop already holds joins the first commit.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH).filter(({ isAbandoned }) => !isAbandoned);
      if (batch.length === 0) continue;
      try {
        const stored = await this.store.inbox.receive(batch.map(({ call }) => call));
        for (const { resolve } of batch) resolve();
        if (stored > 0) this.events.arrived();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isCommitting = false;
  }

  async #inTime(committed: Promise<void>): Promise<void> {
    const done = new AbortController();
    const tooLate = delay(this.options.storeTimeoutMs, true, { signal: done.signal }).catch(() => false);
    try {
      const isLate = await Promise.race([committed.then(() => false), tooLate]);
      if (isLate) throw new StoreUnavailableError('store a call: no answer in time');
    } finally {
      done.abort();
      committed.catch(() => undefined);
    }
  }
}
