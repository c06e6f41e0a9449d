import { PendingWebhooksUnavailableError } from '../src/meveto/errors.js';
import { LOGOUT, UserToken } from '../src/store/job.js';
import { PendingWebhooks, type PendingPage } from '../src/meveto/pending-webhooks.port.js';

export const EMPTY: PendingPage = { webhooks: [], skippedCount: 0, next: undefined };
/** Does not answer until the signal is aborted. */
export const hanging = (_cursor: unknown, signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new PendingWebhooksUnavailableError('cancelled'));
    });
  });
/** A page with one webhook. */
export const pageOf = (id: string, next?: string): PendingPage => ({
  webhooks: [{ id, kind: LOGOUT, token: new UserToken(`token-${id}`), createdAt: undefined }],
  skippedCount: 0,
  next,
});

/** A list of pending webhooks whose answers the test sets. Records the requested cursors. */
export class FakeList extends PendingWebhooks {
  readonly asked: (string | undefined)[] = [];
  answer: (cursor: string | undefined, signal: AbortSignal) => Promise<PendingPage> = () =>
    Promise.resolve(EMPTY);

  override page(cursor: string | undefined, signal: AbortSignal): Promise<PendingPage> {
    this.asked.push(cursor);
    return this.answer(cursor, signal);
  }
}
