import { PendingCallsUnavailableError } from '../../libs/meveto-logout/src/errors.js';
import { LOGGED_OUT } from '../../libs/meveto-logout/src/model/call.js';
import { UserToken } from '../../libs/meveto-logout/src/model/user-token.js';
import { PendingCalls, type PendingPage } from '../../libs/meveto-logout/src/reconcile/pending-calls.port.js';

export const EMPTY: PendingPage = { calls: [], skippedCount: 0, next: undefined };
/** Answers nothing until it is broken off. */
export const hanging = (_cursor: unknown, signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new PendingCallsUnavailableError('cancelled'));
    });
  });
/** A page of one call. */
export const pageOf = (id: string, next?: string): PendingPage => ({
  calls: [{ id, type: LOGGED_OUT, token: new UserToken(`token-${id}`), createdAt: undefined }],
  skippedCount: 0,
  next,
});

/** A pending list that answers as it is told, and remembers what it was asked. */
export class FakeList extends PendingCalls {
  readonly asked: (string | undefined)[] = [];
  answer: (cursor: string | undefined, signal: AbortSignal) => Promise<PendingPage> = () =>
    Promise.resolve(EMPTY);

  override page(cursor: string | undefined, signal: AbortSignal): Promise<PendingPage> {
    this.asked.push(cursor);
    return this.answer(cursor, signal);
  }
}
