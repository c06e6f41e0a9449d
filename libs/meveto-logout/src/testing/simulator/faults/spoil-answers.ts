import type { ServerResponse } from 'node:http';
import { answer as answerOf, type Answer, json } from '../http/answer.js';
import type { AnswerFault, RefusingFault, SpoilingFault } from './fault.js';

const HUGE_BYTES = 2 * 2 ** 20;
const CUT = 'cut';

interface Exchange {
  readonly response: ServerResponse;
  /** Carries out the request. */
  readonly answering: () => Answer | Promise<Answer>;
  readonly send: (answer: Answer) => void;
}

/** Answers a request of the API with JSON, with a fault if there is one. */
export async function answerWithFaults(
  fault: AnswerFault | undefined,
  { response, answering, send }: Exchange,
): Promise<void> {
  if (fault === undefined) {
    send(await answering());
    return;
  }
  const answer = isRefusing(fault) ? refusal(fault) : spoiled(fault, await answering());
  if (answer === CUT) response.destroy();
  else if (fault.kind === 'late') sendLate(response, fault.delayMs, () => send(answer));
  else send(answer);
}

function isRefusing(fault: AnswerFault): fault is RefusingFault {
  return fault.kind === 'status' || fault.kind === 'error-body' || fault.kind === 'cut';
}

function refusal(fault: RefusingFault): Answer | typeof CUT {
  switch (fault.kind) {
    case 'cut':
      return CUT;
    case 'status': {
      const { status, retryAfterSeconds: after } = fault;
      const headers = after === undefined ? undefined : { 'retry-after': String(after) };
      return json({ message: 'Planned fault' }, status, headers);
    }
    case 'error-body':
      return json({ error: 'server_error', error_description: 'Planned fault' });
  }
}

function spoiled(fault: SpoilingFault, answer: Answer): Answer | typeof CUT {
  const { status, body } = answer;
  switch (fault.kind) {
    case 'late':
      return answer;
    case 'lost-answer':
      return CUT;
    case 'not-json':
      return answerOf('html', '<!doctype html><title>Something else</title><h1>Something else</h1>', status);
    case 'cut-off-json':
      return { ...answer, body: body.slice(0, body.length / 2) };
    case 'huge':
      return json({ ...objectOf(body), padding: 'x'.repeat(HUGE_BYTES) }, status);
    case 'wrong-shape':
      return json({ ...objectOf(body), payload: { user: [], webhooks: { id: 1 }, next: 7 } }, status);
  }
}

const objectOf = (body: string): object => JSON.parse(body) as object;

function sendLate(response: ServerResponse, delayMs: number, send: () => void): void {
  const timer = setTimeout(send, delayMs);
  response.once('close', () => {
    clearTimeout(timer);
  });
}
