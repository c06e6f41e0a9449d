import type { AnswerFault, DeliveryFault, Endpoint, FaultsByEndpoint, Occurrence } from '../faults/fault.js';

interface Choice<Value> {
  /** What the form sends. */
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
  { value: 'error-body', label: 'HTTP 200 with an error in it', means: { kind: 'error-body' } },
  { value: 'cut', label: 'Connection cut, nothing done', means: { kind: 'cut' } },
  { value: 'lost-answer', label: 'Done, but the answer is lost', means: { kind: 'lost-answer' } },
  { value: 'not-json', label: 'Done, answers HTML', means: { kind: 'not-json' } },
  { value: 'cut-off-json', label: 'Done, answers half the JSON', means: { kind: 'cut-off-json' } },
  { value: 'huge', label: 'Done, answers 2 MiB', means: { kind: 'huge' } },
  { value: 'wrong-shape', label: 'Done, answers the wrong types', means: { kind: 'wrong-shape' } },
];

const DELIVERY_FAULTS: readonly Choice<DeliveryFault>[] = [
  { value: 'late-5', label: 'Sent 5 s late', means: { kind: 'late', delayMs: 5_000 } },
  { value: 'duplicate', label: 'Sent twice at once', means: { kind: 'duplicate' } },
  { value: 'reorder', label: 'Swapped with the next call', means: { kind: 'reorder', holdMs: 20_000 } },
  { value: 'lost-answer', label: 'Sent, but the answer is lost', means: { kind: 'lost-answer' } },
  { value: 'never', label: 'Never sent: pending list only', means: { kind: 'never' } },
];

/** How often a fault chosen on the dashboard strikes. */
export const OCCURRENCES: readonly Choice<Occurrence>[] = [
  { value: 'always', label: 'every time', means: {} },
  { value: 'once', label: 'the next time', means: { count: 1 } },
  { value: 'half', label: 'by chance, 1 in 2', means: { probability: 0.5 } },
  { value: 'tenth', label: 'by chance, 1 in 10', means: { probability: 0.1 } },
];

/** The speeds offered. */
export const SPEEDS = [1, 10, 60, 600] as const;

/** The endpoints, as a person thinks of them. */
export const ENDPOINT_NAMES: Readonly<Record<Endpoint, string>> = {
  webhook: 'Webhook calls',
  exchange: 'Token exchange',
  pending: 'Pending list',
  login: 'Login',
};

export function faultChoices(endpoint: Endpoint): readonly Choice<AnswerFault | DeliveryFault>[] {
  return endpoint === 'webhook' ? DELIVERY_FAULTS : ANSWER_FAULTS;
}

/** What a form has chosen for an endpoint; `undefined` for an endpoint, a fault or an occurrence that does not exist. */
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

/** A planned fault in words: the label of the choice, or its kind when a program has planned it. */
export function describeFault(endpoint: Endpoint, fault: (AnswerFault | DeliveryFault) & Occurrence): string {
  const { count, probability, ...means } = fault;
  const choice = faultChoices(endpoint).find((each) => isSame(each.means, means));
  const often = OCCURRENCES.find((each) => isSame(each.means, withoutMissing({ count, probability })));
  return `${choice?.label ?? fault.kind}, ${often?.label ?? 'as planned by a program'}`;
}

function withoutMissing(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function isSame(one: object, other: object): boolean {
  const sorted = (record: object): string => JSON.stringify(Object.entries(record).sort());
  return sorted(one) === sorted(other);
}
