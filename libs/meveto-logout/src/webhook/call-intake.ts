import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { InboxFullError, LogoutUnfinishedError, StoreUnavailableError } from '../errors.js';
import type { IncomingCall } from '../inbox/inbox.port.js';
import { isSameToken } from '../inbox/relisted.js';
import type { CallType } from '../model/call.js';
import { CONFIRMED_FOR_MS } from '../model/lane.js';
import type { UserToken } from '../model/user-token.js';
import { CallEvents } from '../observe/call-events.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { TokenVault } from '../secrets/token-vault.js';
import type { Store } from '../store/store.port.js';
import { RESOLVED_OPTIONS, STORE } from '../tokens.js';
import { CallStorage, type WithToken } from '../worker/call-storage.js';
import { AnswerTimes } from './answer-times.js';
import { LaneLoad } from './lane-load.js';

const MAX_BATCH = 500;
/** Calls in memory that wait for a commit. More are refused at once: the store does not keep up. */
const MAX_WAITING = 5_000;

interface Waiting {
  readonly call: Omit<WithToken<IncomingCall>, 'lane'>;
  /** The sender's digests, by the current key and earlier ones. */
  readonly senders: readonly string[];
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
  readonly #lanes: LaneLoad;
  readonly #times = new AnswerTimes();
  /** Tokens that Meveto lately called bad: sent again, they are acknowledged and cost nothing but the time. */
  readonly #rejected = new LRUCache<string, true>({ max: 10_000, ttl: 600_000 });
  #waiting: Waiting[] = [];
  #isCommitting = false;

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(CallStorage) private readonly storage: CallStorage,
    @Inject(TokenVault) private readonly vault: TokenVault,
    @Inject(CallEvents) private readonly events: CallEvents,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    this.#lanes = new LaneLoad(store, options.maxWaitingPerLane);
    events.rejected$.subscribe((digest) => this.#rejected.set(digest, true));
  }

  /**
   * Resolves once the call is committed, or was known before.
   * @param address from where it came, if that is known
   * @throws {InboxFullError} when too many calls wait in its lane.
   * @throws {LogoutUnfinishedError} when the call is known, and its token in the memory of another process.
   * @throws {StoreUnavailableError} when that takes longer than `storeTimeoutMs` or fails. The call may have been
   * stored all the same; whoever sends it again does no harm.
   */
  async accept(type: CallType, token: UserToken, address?: string): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING)
      throw new StoreUnavailableError('store a call: too many are waiting');
    const digest = this.vault.digestToken(token.reveal());
    const earlierDigests = this.vault.earlierDigestsOfToken(token.reveal());
    if ([digest, ...earlierDigests].some((each) => this.#rejected.has(each))) return this.#times.wait();
    const senders = address === undefined ? [] : this.#digestsOf(address);
    const call = { type, digest, earlierDigests, token, sender: senders[0] };
    let tooLate: NodeJS.Timeout | undefined;
    let waiting: Waiting | undefined;
    const committed = new Promise<void>((resolve, reject) => {
      waiting = { call, senders, resolve, reject, isAbandoned: false };
      this.#waiting.push(waiting);
      tooLate = setTimeout(() => {
        reject(new StoreUnavailableError('store a call: no answer in time'));
      }, this.options.storeTimeoutMs);
    });
    if (!this.#isCommitting) void this.#commitAll();
    try {
      await committed;
    } finally {
      clearTimeout(tooLate);
      if (waiting !== undefined) waiting.isAbandoned = true;
    }
  }

  #digestsOf(address: string): readonly string[] {
    return [this.vault.digestSender(address), ...this.vault.earlierDigestsOfSender(address)];
  }

  async #commitAll(): Promise<void> {
    this.#isCommitting = true;
    // Whatever the event loop already holds joins the first commit.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH).filter(({ isAbandoned }) => !isAbandoned);
      if (batch.length === 0) continue;
      await this.#commit(batch).catch((error: unknown) => {
        for (const { reject } of batch) reject(error);
      });
    }
    this.#isCommitting = false;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const beganAt = performance.now();
    const senders = new Set(batch.flatMap((each) => each.senders));
    const confirmed = new Set(await this.store.inbox.confirmedSenders([...senders], CONFIRMED_FOR_MS));
    const taken: Waiting[] = [];
    const tooMany: Waiting[] = [];
    const calls: WithToken<IncomingCall>[] = [];
    for (const each of batch) {
      const lane = each.senders.some((sender) => confirmed.has(sender)) ? 'confirmed' : 'stranger';
      if (await this.#lanes.isFull(lane)) {
        tooMany.push(each);
      } else {
        this.#lanes.add(lane);
        taken.push(each);
        calls.push({ ...each.call, lane });
      }
    }
    await this.#store(taken, calls, beganAt);
    await this.#refuse(tooMany);
  }

  async #store(
    taken: readonly Waiting[],
    calls: readonly WithToken<IncomingCall>[],
    beganAt: number,
  ): Promise<void> {
    if (calls.length === 0) return;
    const { newCount, elsewhere } = await this.storage.receive(calls);
    this.#times.add(performance.now() - beganAt, newCount === 0);
    for (const { call, resolve, reject } of taken) {
      // Another process has its token, and may lose it: Meveto must come again until the call has ended.
      if (elsewhere.some((digest) => isSameToken(digest, call))) reject(new LogoutUnfinishedError());
      else resolve();
    }
    if (newCount > 0) this.events.arrived();
  }
  /** Their lane is full. Those that wait in it already need no room, and are not asked for again. */
  async #refuse(tooMany: readonly Waiting[]): Promise<void> {
    if (tooMany.length === 0) return;
    const stored = await this.storage.waiting(tooMany.map(({ call }) => call));
    for (const { call, resolve, reject } of tooMany) {
      if (stored.some((digest) => isSameToken(digest, call))) resolve();
      else reject(new InboxFullError());
    }
  }
}
