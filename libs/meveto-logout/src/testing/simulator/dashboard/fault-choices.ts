import type { AnswerFault, DeliveryFault, Endpoint, FaultsByEndpoint, Occurrence } from '../faults/fault.js';

interface Choice<Value> {
  /** Value that the form sends. */
  readonly value: string;
  readonly label: string;
  readonly means: Value;
}

const ANSWER_FAULTS: readonly Choice<AnswerFault>[] = [
  { value: 'late-2', label: 'Answers 2 s late', means: { kind: 'late', delayMs: 2_000 } },
  { value: 'late-20', label: 'Answers 20 s late', means: { kind: 'late', delayMs: 20_000 } },
  { value: '500', label: 'HTTP 500', means: { kind: 'status', status: 500 } },
  {
    value: '503',
    label: 'HTTP 503, Retry-After 5 s',
    means: { kind: 'status', status: 503, retryAfterSeconds: 5 },
  },
  {
    value: '429',
    label: 'HTTP 429, Retry-After 5 s',
    means: { kind: 'status', status: 429, retryAfterSeconds: 5 },
  },
  { value: 'error-body', label: 'HTTP 200 with an error body', means: { kind: 'error-body' } },
  { value: 'cut', label: 'Connection closed, no effect', means: { kind: 'cut' } },
  { value: 'lost-answer', label: 'Processed, but the answer is lost', means: { kind: 'lost-answer' } },
  { value: 'not-json', label: 'Processed, answers HTML', means: { kind: 'not-json' } },
  { value: 'cut-off-json', label: 'Processed, answers half the JSON', means: { kind: 'cut-off-json' } },
  { value: 'huge', label: 'Processed, answers 2 MiB', means: { kind: 'huge' } },
  { value: 'wrong-shape', label: 'Processed, answers wrong types', means: { kind: 'wrong-shape' } },
];

const DELIVERY_FAULTS: readonly Choice<DeliveryFault>[] = [
  { value: 'late-5', label: 'Sent 5 s late', means: { kind: 'late', delayMs: 5_000 } },
  { value: 'duplicate', label: 'Sent twice at once', means: { kind: 'duplicate' } },
  { value: 'reorder', label: 'Swapped with the next webhook', means: { kind: 'reorder', holdMs: 20_000 } },
  { value: 'lost-answer', label: 'Sent, but the answer is lost', means: { kind: 'lost-answer' } },
  { value: 'never', label: 'Not sent: only on the list of pending webhooks', means: { kind: 'never' } },
];

/** How often a fault of the dashboard occurs. */
export const OCCURRENCES: readonly Choice<Occurrence>[] = [
  { value: 'always', label: 'every time', means: {} },
  { value: 'once', label: 'the next time', means: { count: 1 } },
  { value: 'half', label: 'by chance, 1 in 2', means: { probability: 0.5 } },
  { value: 'tenth', label: 'by chance, 1 in 10', means: { probability: 0.1 } },
];

/** The speeds to choose from. */
export const SPEEDS = [1, 10, 60, 600] as const;

/** Labels of the endpoints. */
export const ENDPOINT_NAMES: Readonly<Record<Endpoint, string>> = {
  webhook: 'Webhooks',
  exchange: 'Token exchange',
  pending: 'List of pending webhooks',
  login: 'Login',
};

export function faultChoices(endpoint: Endpoint): readonly Choice<AnswerFault | DeliveryFault>[] {
  return endpoint === 'webhook' ? DELIVERY_FAULTS : ANSWER_FAULTS;
}

/** The choice of a form for an endpoint; `undefined` for an unknown endpoint, fault or occurrence. */
export function chosenFaults(
  endpoint: string,
  faultValue: string,
  occurrenceValue: string,
): Partial<FaultsByEndpoint> | undefined {
  if (!Object.hasOwn(ENDPOINT_NAMES, endpoint)) return undefined;
  const fault = faultChoices(endpoint as Endpoint).find(({ value }) => value === faultValue);
  const occurrence = OCCURRENCES.find(({ value }) => value === occurrenceValue);
  if (!fault || !occurrence) return undefined;
  return { [endpoint]: { ...fault.means, ...occurrence.means } };
}

/** Describes a planned fault: the label of the choice, or its kind when a program has set the fault. */
export function describeFault(endpoint: Endpoint, fault: (AnswerFault | DeliveryFault) & Occurrence): string {
  const { count, probability, ...means } = fault;
  const choice = faultChoices(endpoint).find((each) => isSame(each.means, means));
  const often = OCCURRENCES.find((each) => isSame(each.means, withoutMissing({ count, probability })));
  return `${choice?.label ?? fault.kind}, ${often?.label ?? 'set by a program'}`;
}

function withoutMissing(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function isSame(one: object, other: object): boolean {
  const sorted = (record: object): string => JSON.stringify(Object.entries(record).sort());
  return sorted(one) === sorted(other);
}
