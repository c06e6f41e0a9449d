import type { DeliveryAnswer, WebhookType } from './delivery.js';

/** One webhook request to make. */
export interface WebhookRequest {
  readonly url: string;
  readonly type: WebhookType;
  readonly userToken: string;
  /** Deadline in milliseconds. */
  readonly timeoutMs: number;
  /** Aborted when the simulator stops. */
  readonly stopped: AbortSignal;
}

/** Makes one webhook request. Never rejects: what goes wrong is an answer of kind `error`. */
export type WebhookSender = (request: WebhookRequest) => Promise<DeliveryAnswer>;

const STOPPED: DeliveryAnswer = { kind: 'error', reason: 'the simulator was stopped' };

/** Posts the call as JSON. A redirect is not followed: it is an answer other than 2xx. */
export const postWebhook: WebhookSender = async (request) => {
  if (request.stopped.aborted) return STOPPED;
  const deadline = new AbortController();
  const abort = (): void => {
    deadline.abort();
  };
  // Both are undone below: AbortSignal.any would leave a listener on `stopped` for every call ever made.
  const timer = setTimeout(abort, request.timeoutMs);
  request.stopped.addEventListener('abort', abort);
  try {
    return { kind: 'status', status: await post(request, deadline.signal) };
  } catch (error) {
    if (isStopped(request)) return STOPPED;
    if (deadline.signal.aborted) {
      return { kind: 'error', reason: `no answer within ${String(request.timeoutMs)} ms` };
    }
    return { kind: 'error', reason: reasonOf(error) };
  } finally {
    clearTimeout(timer);
    request.stopped.removeEventListener('abort', abort);
  }
};

// A function: what was false before the request may be true after it.
const isStopped = ({ stopped }: WebhookRequest): boolean => stopped.aborted;

async function post(request: WebhookRequest, signal: AbortSignal): Promise<number> {
  const response = await fetch(request.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ type: request.type, user_token: request.userToken }),
    redirect: 'manual',
    signal,
  });
  // Only the status counts; an unread body would keep the connection busy.
  await response.body?.cancel();
  return response.status;
}

// fetch says only "fetch failed"; the system's code (ECONNREFUSED, …) is in the cause.
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: unknown; cause?: unknown };
  const code = (cause as { code?: unknown } | undefined)?.code;
  if (typeof code === 'string') return code;
  return typeof message === 'string' ? message : 'unknown error';
}
