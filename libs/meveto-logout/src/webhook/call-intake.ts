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

interface Waiting {
  readonly call: IncomingCall;
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
  accept(type: CallType, token: UserToken): Promise<void> {
    const digest = this.vault.digestToken(token.reveal());
    const call = { type, digest, sealed: this.vault.seal(token.reveal(), digest) };
    const committed = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ call, resolve, reject });
    });
    if (!this.#isCommitting) void this.#commitAll();
    return this.#inTime(committed);
  }

  async #commitAll(): Promise<void> {
    this.#isCommitting = true;
    // Whatever the event loop already holds joins the first commit.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH);
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
