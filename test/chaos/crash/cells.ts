import type { Halt } from '../host/settings.js';

/** Meveto's reaction to the first request for the token. */
export const OUTCOMES = ['answers', 'says invalid', 'times out', 'loses its answer'] as const;
export type MevetoOutcome = (typeof OUTCOMES)[number];
export const SIGNALS = ['SIGKILL', 'SIGTERM'] as const;
export type EndingSignal = (typeof SIGNALS)[number];

type End = 'applied' | 'rejected' | 'ambiguous';
type Ends = Readonly<Record<MevetoOutcome, End>>;

/** How the process reaches the point where it is ended. */
export type Way =
  /** The application halts at a place of its ports or its database driver. */
  | { readonly kind: 'halt'; readonly halt: Halt; readonly startsLeased?: boolean }
  /** Half of the webhook's body is sent. */
  | { readonly kind: 'half-a-body' }
  /** Meveto has received the request and not processed it. */
  | { readonly kind: 'before-exchange' }
  /** Meveto has consumed or refused the token and has not answered. */
  | { readonly kind: 'before-answer' }
  /** Another process takes over the job while this one is halted. */
  | { readonly kind: 'zombie'; readonly halt: Halt }
  /** SIGTERM while an exchange is in flight; with SIGKILL the process does not wait for a graceful stop. */
  | { readonly kind: 'graceful-stop' };

export interface CrashPoint {
  /** The id in the table of docs/reliability.md. */
  readonly id: string;
  readonly dies: string;
  readonly way: (outcome: MevetoOutcome) => Way;
  /**
   * The outcome without Meveto's list of pending webhooks, by the signal that ends the process. With the list, every
   * `ambiguous` real job is applied.
   */
  readonly ends: Readonly<Record<EndingSignal, Ends>>;
  /** `from-start`: the webhook comes from the list, or reaches this point only with the list. */
  readonly list?: (outcome: MevetoOutcome) => 'from-start' | 'later';
  /** The webhook is never sent: only the list contains it. */
  readonly isOnlyListed?: boolean;
  /** Impossible combinations, with the reason. */
  readonly leftOut?: Partial<Readonly<Record<MevetoOutcome, string>>>;
}

const halt =
  (at: string, how: Halt['how'] = 'stop') =>
  (): Way => ({ kind: 'halt', halt: { at, how } });

/** The successor asks for the first time: only a lost answer leaves the outcome unknown. */
const CLEAN: Ends = {
  answers: 'applied',
  'says invalid': 'rejected',
  'times out': 'applied',
  'loses its answer': 'ambiguous',
};
/** An attempt was recorded without an outcome: a refusal may mean that this attempt consumed the token. */
const MARKED: Ends = { ...CLEAN, 'says invalid': 'ambiguous' };
/** The token is consumed or refused, and the outcome was not recorded. */
const GONE: Ends = {
  answers: 'ambiguous',
  'says invalid': 'ambiguous',
  'times out': 'ambiguous',
  'loses its answer': 'ambiguous',
};
/** Only the answer was lost: a request that timed out did not consume the token. */
const READ: Ends = { ...GONE, 'times out': 'applied' };
const DONE: Ends = {
  answers: 'applied',
  'says invalid': 'rejected',
  'times out': 'applied',
  'loses its answer': 'applied',
};
/** Meveto consumed the token and never answered: a process that stops gracefully cannot know more. */
const SWALLOWED: Ends = { ...CLEAN, 'times out': 'ambiguous' };

const NOTHING_TAKES_EFFECT = 'a refused token logs no user out: there is no effect to halt at';
const LISTS_NO_FORGERY = 'Meveto’s list of pending webhooks contains no forged webhooks';
const lostNeedsTheList = (outcome: MevetoOutcome) =>
  outcome === 'loses its answer' ? 'from-start' : 'later';

export const CRASH_POINTS: readonly CrashPoint[] = [
  {
    id: 'F1',
    dies: 'while it reads the body',
    way: () => ({ kind: 'half-a-body' }),
    ends: { SIGKILL: CLEAN, SIGTERM: CLEAN },
  },
  {
    id: 'F2',
    dies: 'before the insert commits',
    way: halt('receive:commit'),
    ends: { SIGKILL: CLEAN, SIGTERM: CLEAN },
  },
  {
    id: 'F2w',
    dies: 'before the insert, which is slow: nothing is acknowledged meanwhile',
    way: halt('receive:before', 'wait'),
    ends: { SIGKILL: CLEAN, SIGTERM: CLEAN },
  },
  {
    id: 'F3',
    dies: 'after the commit, before the 2xx leaves',
    way: halt('receive:after'),
    ends: { SIGKILL: CLEAN, SIGTERM: CLEAN },
  },
  {
    id: 'F4',
    dies: 'after the 2xx, before the claim',
    way: halt('claim:before', 'wait'),
    ends: { SIGKILL: CLEAN, SIGTERM: CLEAN },
  },
  {
    id: 'F5',
    dies: 'after the claim, before the attempt is recorded: both are one transaction, which is not committed',
    way: halt('claim:commit'),
    ends: { SIGKILL: CLEAN, SIGTERM: CLEAN },
  },
  {
    id: 'F6',
    dies: 'after the attempt was recorded, before a byte is sent',
    way: halt('exchange:before'),
    ends: { SIGKILL: MARKED, SIGTERM: CLEAN },
  },
  {
    id: 'F7',
    dies: 'after the request was sent, before Meveto processes it',
    way: () => ({ kind: 'before-exchange' }),
    ends: { SIGKILL: MARKED, SIGTERM: CLEAN },
  },
  {
    id: 'F8',
    dies: 'after Meveto consumed the token, before the answer is read',
    way: (outcome) =>
      outcome === 'loses its answer'
        ? { kind: 'halt', halt: { at: 'exchange:after', how: 'stop' } }
        : { kind: 'before-answer' },
    ends: { SIGKILL: GONE, SIGTERM: SWALLOWED },
  },
  {
    id: 'F9',
    dies: 'after the answer was read, before its commit',
    way: (outcome) => ({ kind: 'halt', halt: { at: `${PERSISTED_BY[outcome]}:commit`, how: 'stop' } }),
    ends: { SIGKILL: READ, SIGTERM: CLEAN },
  },
  {
    id: 'F10',
    dies: 'while it persists the outcome: the user’s row is written, the job’s is not; both are one transaction',
    way: halt('applyLogouts:end'),
    ends: { SIGKILL: { ...GONE, 'loses its answer': 'applied' }, SIGTERM: DONE },
    list: lostNeedsTheList,
    leftOut: { 'says invalid': NOTHING_TAKES_EFFECT },
  },
  {
    id: 'F11',
    dies: 'after the logout was committed, before it is announced',
    way: halt('applyLogouts:after'),
    ends: { SIGKILL: DONE, SIGTERM: DONE },
    list: lostNeedsTheList,
    leftOut: { 'says invalid': NOTHING_TAKES_EFFECT },
  },
  {
    id: 'F12',
    dies: 'while the logout is announced in the process: nothing records that',
    way: halt('announced:after'),
    ends: { SIGKILL: DONE, SIGTERM: DONE },
    list: lostNeedsTheList,
    leftOut: { 'says invalid': NOTHING_TAKES_EFFECT },
  },
  {
    id: 'F13',
    dies: 'after a page of the list of pending webhooks was read, before it is stored',
    way: () => ({ kind: 'halt', halt: { at: 'page:after', how: 'stop' }, startsLeased: true }),
    ends: { SIGKILL: DONE, SIGTERM: DONE },
    list: () => 'from-start',
    isOnlyListed: true,
    leftOut: { 'says invalid': LISTS_NO_FORGERY },
  },
  {
    id: 'F14',
    dies: 'after the page was stored: the list contains the webhook again',
    way: () => ({ kind: 'halt', halt: { at: 'receiveListed:after', how: 'stop' }, startsLeased: true }),
    ends: { SIGKILL: DONE, SIGTERM: DONE },
    list: () => 'from-start',
    isOnlyListed: true,
    leftOut: { 'says invalid': LISTS_NO_FORGERY },
  },
  {
    id: 'F15',
    dies: 'as a zombie: another process has taken over its job',
    way: () => ({ kind: 'zombie', halt: { at: 'claim:after', how: 'stop' } }),
    ends: { SIGKILL: MARKED, SIGTERM: MARKED },
  },
  {
    id: 'F16',
    dies: 'in the middle of the migrations',
    way: () => ({ kind: 'halt', halt: { at: 'boot:migration', how: 'stop' }, startsLeased: true }),
    ends: { SIGKILL: CLEAN, SIGTERM: CLEAN },
  },
  {
    id: 'F17',
    dies: 'by a graceful stop with an exchange in flight (SIGTERM), or before the stop is complete (SIGKILL)',
    way: () => ({ kind: 'graceful-stop' }),
    ends: { SIGKILL: MARKED, SIGTERM: CLEAN },
  },
];

/** The port's method that persists the outcome of the first request. */
const PERSISTED_BY: Readonly<Record<MevetoOutcome, string>> = {
  answers: 'applyLogouts',
  'says invalid': 'finish',
  'times out': 'release',
  'loses its answer': 'release',
};
