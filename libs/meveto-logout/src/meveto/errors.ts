import { brand, MevetoLogoutError } from '../core/index.js';

/** Meveto's list of pending webhooks could not be read. The reconciler tries again automatically. */
export class PendingWebhooksUnavailableError extends MevetoLogoutError {
  static {
    brand(this, 'PendingWebhooksUnavailableError');
  }

  override readonly code = 'ERR_MEVETO_PENDING_WEBHOOKS_UNAVAILABLE';
  /** @param retryAfterMs pause before the next request, in milliseconds, if Meveto asks for one */
  constructor(
    readonly reason: string,
    readonly retryAfterMs?: number,
  ) {
    super(
      `Meveto’s list of pending webhooks could not be read (${reason}). Check reconcile.path and the client’s credentials if it lasts.`,
    );
  }
}
