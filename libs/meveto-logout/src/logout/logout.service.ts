import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ClaimedCall } from '../inbox/inbox.port.js';
import { LOGGED_OUT } from '../model/call.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Store } from '../store/store.port.js';
import { RESOLVED_OPTIONS, STORE } from '../tokens.js';
import { KnownLogouts } from './known-logouts.js';
import type { ApplyOutcome } from './logout-register.port.js';

/** Does what a call asks for, once its person is known: records first, announces second. */
@Injectable()
export class LogoutService {
  readonly #logger = new Logger('MevetoLogout');

  constructor(
    @Inject(STORE) private readonly store: Store,
    @Inject(KnownLogouts) private readonly known: KnownLogouts,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** @throws {StoreUnavailableError} when nothing was recorded: try again. */
  async apply(call: ClaimedCall, mevetoId: string): Promise<ApplyOutcome> {
    const outcome =
      call.type === LOGGED_OUT
        ? await this.store.register.applyLogout(call, mevetoId, (logout) => {
            this.known.expect(logout);
          })
        : await this.store.register.applyProtectionRemoved(call, mevetoId);
    this.#announce(outcome);
    return outcome;
  }

  /**
   * Does what an ambiguous or expired call asks for, for a user that somebody else than Meveto names.
   * @throws {StoreUnavailableError} when nothing was recorded: try again.
   */
  async resolve(callId: string, userId: string): Promise<ApplyOutcome> {
    const outcome = await this.store.register.resolve(callId, userId, (logout) => {
      this.known.expect(logout);
    });
    this.#announce(outcome);
    return outcome;
  }

  #announce(outcome: ApplyOutcome): void {
    if (outcome.kind === 'applied') this.known.learn(outcome.logout, 'own-commit');
    if (outcome.kind === 'unlinked') void this.#tellHost(outcome.userId);
  }

  /** The host's hook runs after the commit; its trouble never reaches the call. */
  async #tellHost(userId: string): Promise<void> {
    try {
      await this.options.onProtectionRemoved?.({ userId });
    } catch (error) {
      this.#logger.error(
        `onProtectionRemoved failed: ${error instanceof Error ? error.name : 'no error object'}`,
      );
    }
  }
}
