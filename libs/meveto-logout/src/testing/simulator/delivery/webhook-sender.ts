import type { DeliveryAnswer, WebhookType } from './delivery.js';

/** A webhook request. */
export interface WebhookRequest {
  readonly url: string;
  readonly type: WebhookType;
  readonly userToken: string;
  /** Deadline in milliseconds. */
  readonly timeoutMs: number;
  /** Aborted when the simulator stops. */
  readonly stopped: AbortSignal;
}

/** Sends one webhook request. Never rejects: a failure is an answer of kind `error`. */
export type WebhookSender = (request: WebhookRequest) => Promise<DeliveryAnswer>;

const STOPPED: DeliveryAnswer = { kind: 'error', reason: 'the simulator was stopped' };

/** Posts the webhook as JSON. Does not follow a redirect, which counts as an answer other than 2xx. */
export const postWebhook: WebhookSender = async (request) => {
  if (request.stopped.aborted) return STOPPED;
  const deadline = new AbortController();
  const abort = (): void => {
    deadline.abort();
  };
  // Both are removed below: AbortSignal.any would leave a listener on `stopped` for every request.
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

// A function, because the value may change during the request.
const isStopped = ({ stopped }: WebhookRequest): boolean => stopped.aborted;

async function post(request: WebhookRequest, signal: AbortSignal): Promise<number> {
  const response = await fetch(request.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ type: request.type, user_token: request.userToken }),
    redirect: 'manual',
    signal,
  });
  // Only the status counts. An unread body would keep the connection busy.
  await response.body?.cancel();
  return response.status;
}

// The message of fetch is only "fetch failed". The system's code (ECONNREFUSED, …) is in the cause.
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: unknown; cause?: unknown };
  const code = (cause as { code?: unknown } | undefined)?.code;
  if (typeof code === 'string') return code;
  return typeof message === 'string' ? message : 'unknown error';
}
