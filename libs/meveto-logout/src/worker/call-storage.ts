import { Inject, Injectable } from '@nestjs/common';
import { InboxFullError, StoreUnavailableError } from '../errors.js';
import type { ClaimedCall, IncomingCall, ListedCall, OpenedCalls } from '../inbox/inbox.port.js';
import { type Digests, digestsOf, isSameToken } from '../inbox/relisted.js';
import type { UserToken } from '../model/user-token.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from '../secrets/token-vault.js';
import type { Store } from '../store/store.port.js';
import { RESOLVED_OPTIONS, STORE } from '../tokens.js';
import { Leases } from './leases.js';
import { TokenMemory } from './token-memory.js';

/** A call with its token in the clear, on its way to the inbox. */
export type WithToken<T extends IncomingCall> = Omit<T, 'sealed'> & { readonly token: UserToken };

export interface StoredCalls {
  readonly newCount: number;
  /** Digests, as stored, of calls that another process keeps the tokens of and may be at work on. */
  readonly elsewhere: readonly string[];
}

/** Puts calls into the inbox, and their tokens where `tokenStorage` says: sealed beside them, or into this process's memory. */
@Injectable()
export class CallStorage {
  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(TokenVault) private readonly vault: TokenVault,
    @Inject(TokenMemory) private readonly memory: TokenMemory,
    @Inject(Leases) private readonly leases: Leases,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * @throws {InboxFullError} when the memory for tokens is full.
   * @throws {StoreUnavailableError} when this process is stopping and would have to keep the tokens.
   */
  async receive(calls: readonly WithToken<IncomingCall>[]): Promise<StoredCalls> {
    if (this.options.tokenStorage === 'sealed') {
      const newCount = await this.store.inbox.receive(calls.map((call) => this.#sealed(call)));
      return { newCount, elsewhere: [] };
    }
    const unknown = calls.filter((call) => !this.#isRemembered(call));
    this.#makeSureOfRoom(unknown.length);
    const claimedAt = performance.now();
    const { held, elsewhere } = await this.store.inbox.receiveHeld(
      unknown.map(unsealed),
      this.options.leaseMs,
    );
    this.#remember(held, unknown, claimedAt);
    return { newCount: held.length, elsewhere };
  }

  /** The same for calls of the pending list; resolves with how many are to be worked on. */
  async receiveListed(calls: readonly WithToken<ListedCall>[]): Promise<OpenedCalls> {
    if (this.options.tokenStorage === 'sealed') {
      return this.store.inbox.receiveListed(calls.map((call) => this.#sealed(call)));
    }
    const unknown = calls.filter((call) => !this.#isRemembered(call));
    this.#makeSureOfRoom(unknown.length);
    const claimedAt = performance.now();
    const held = await this.store.inbox.receiveListedHeld(unknown.map(unsealed), this.options.leaseMs);
    this.#remember(held, unknown, claimedAt);
    const newCount = held.filter(({ attempts }) => attempts === 1).length;
    return { newCount, reopenedCount: held.length - newCount };
  }

  /** For how many more calls of the pending list there is room. */
  async roomForListed(): Promise<number> {
    const { listed } = await this.store.inbox.waitingByLane();
    return Math.max(0, this.options.maxWaitingPerLane - listed);
  }

  /** Digests of those of these calls that are stored and have not ended; with `tokenStorage: 'none'` those in this process. */
  async waiting(calls: readonly Digests[]): Promise<readonly string[]> {
    const digests = calls.flatMap(digestsOf);
    if (this.options.tokenStorage === 'sealed') return this.store.inbox.unfinished(digests);
    return digests.filter((digest) => this.memory.knows([digest]));
  }

  #sealed<T extends IncomingCall>({ token, ...call }: WithToken<T>): T {
    return { ...call, sealed: this.vault.seal(token.reveal(), call.digest) } as unknown as T;
  }

  #isRemembered(call: WithToken<IncomingCall>): boolean {
    return this.memory.knows(digestsOf(call));
  }

  #makeSureOfRoom(count: number): void {
    if (this.memory.isClosed) throw new StoreUnavailableError('keep a token: this process is stopping');
    if (this.memory.size + count > 3 * this.options.maxWaitingPerLane) throw new InboxFullError();
  }

  #remember(
    held: readonly ClaimedCall[],
    calls: readonly WithToken<IncomingCall>[],
    claimedAt: number,
  ): void {
    for (const call of held) {
      const token = calls.find((each) => isSameToken(call.digest, each))?.token;
      if (token === undefined) continue;
      this.memory.add(call, token);
      this.leases.hold(call, claimedAt);
    }
  }
}

function unsealed<T extends IncomingCall>(call: WithToken<T>): T {
  return { ...call, token: undefined, sealed: undefined } as unknown as T;
}
