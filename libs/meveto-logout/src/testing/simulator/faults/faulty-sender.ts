import type { DeliveryAnswer } from '../delivery/delivery.js';
import type { WebhookRequest, WebhookSender } from '../delivery/webhook-sender.js';
import type { Faults } from './faults.js';

const DEFAULT_HOLD_MS = 2_000;
const NEVER: DeliveryAnswer = { kind: 'error', reason: 'never sent, as planned' };
const LOST: DeliveryAnswer = { kind: 'error', reason: 'the answer was lost, as planned' };

/** Sends webhooks with their planned faults. */
export function faultySender(faults: Faults, send: WebhookSender): WebhookSender {
  const neverSent = new Set<string>();
  const inOrder = new SwappedWebhooks();
  return async (request) => {
    if (neverSent.has(request.userToken)) return NEVER;
    const fault = faults.strike('webhook');
    switch (fault?.kind) {
      case undefined:
        return inOrder.pass(() => send(request));
      case 'late':
        await wait(fault.delayMs, request.stopped);
        return send(request);
      case 'duplicate':
        return (await Promise.all([send(request), send(request)]))[0];
      case 'lost-answer':
        await send(request);
        return LOST;
      case 'never':
        neverSent.add(request.userToken);
        return NEVER;
      case 'reorder':
        return inOrder.holdBack(request, fault.holdMs ?? DEFAULT_HOLD_MS, () => send(request));
    }
  };
}

/** Delays a webhook until the next one is sent. */
class SwappedWebhooks {
  #release: (() => void) | undefined;

  /** Sends a webhook, and then the delayed one. */
  async pass(send: () => Promise<DeliveryAnswer>): Promise<DeliveryAnswer> {
    const answer = await send();
    this.#release?.();
    return answer;
  }

  /** Delays a webhook. If another one is already delayed, this one overtakes it. */
  async holdBack(
    { stopped }: WebhookRequest,
    holdMs: number,
    send: () => Promise<DeliveryAnswer>,
  ): Promise<DeliveryAnswer> {
    if (this.#release) return this.pass(send);
    const overtaken = new AbortController();
    this.#release = () => {
      overtaken.abort();
    };
    await wait(holdMs, stopped, overtaken.signal);
    this.#release = undefined;
    return send();
  }
}

/** Waits for a time, or until one of the signals is aborted. */
async function wait(milliseconds: number, ...signals: readonly AbortSignal[]): Promise<void> {
  if (signals.some(({ aborted }) => aborted)) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    for (const signal of signals) signal.addEventListener('abort', end);
  });
}
