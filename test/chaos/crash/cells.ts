import type { Hold } from '../host/settings.js';

/** What Meveto does with the first request for the token that it gets to see. */
export const OUTCOMES = ['answers', 'says invalid', 'times out', 'loses its answer'] as const;
export type MevetoOutcome = (typeof OUTCOMES)[number];
export const SIGNALS = ['SIGKILL', 'SIGTERM'] as const;
export type EndingSignal = (typeof SIGNALS)[number];

export type End = 'applied' | 'rejected' | 'ambiguous';
type Ends = Readonly<Record<MevetoOutcome, End>>;

/** How the process is brought to the point where it is ended. */
export type Way =
  /** The application stands still at a place of its ports or its database driver. */
  | { readonly kind: 'hold'; readonly hold: Hold; readonly startsHeld?: boolean }
  /** Half of the webhook's body is sent. */
  | { readonly kind: 'half-a-body' }
  /** Meveto has the request, and has not looked at it. */
  | { readonly kind: 'before-exchange' }
  /** Meveto has used the token up, or refused it, and has not answered. */
  | { readonly kind: 'before-answer' }
  /** Another process takes the call over while this one stands still. */
  | { readonly kind: 'zombie'; readonly hold: Hold }
  /** SIGTERM while an exchange is on its way; the row SIGKILL: that does not wait for the end of the stop. */
  | { readonly kind: 'graceful-stop' };

export interface CrashPoint {
  /** As in the table of docs/reliability.md. */
  readonly id: string;
  readonly dies: string;
  readonly way: (outcome: MevetoOutcome) => Way;
  /** The end without Meveto's pending list, by what ends the process. Every `ambiguous` real call is applied with it. */
  readonly ends: Readonly<Record<EndingSignal, Ends>>;
  /** `from-start`: the call comes by the list, or can reach this point only with it. */
  readonly list?: (outcome: MevetoOutcome) => 'from-start' | 'later';
  /** The webhook is never sent: the call is known by the list only. */
  readonly isOnlyListed?: boolean;
  /** Combinations that cannot be, with the reason. */
  readonly leftOut?: Partial<Readonly<Record<MevetoOutcome, string>>>;
}

const hold =
  (at: string, how: Hold['how'] = 'stop') =>
  (): Way => ({ kind: 'hold', hold: { at, how } });

/** Whoever asks is asked for the first time: only an answer that was lost leaves doubt. */
const CLEAN: Ends = {
  answers: 'applied',
  'says invalid': 'rejected',
  'times out': 'applied',
  'loses its answer': 'ambiguous',
};
/** An attempt was marked and not settled: a refusal may mean that it used the token up. */
const MARKED: Ends = { ...CLEAN, 'says invalid': 'ambiguous' };
/** The token is used up, or refused, and nobody wrote down by whom. */
const GONE: Ends = {
  answers: 'ambiguous',
  'says invalid': 'ambiguous',
  'times out': 'ambiguous',
  'loses its answer': 'ambiguous',
};
/** The gap of the answer alone: what timed out was not used up. */
const READ: Ends = { ...GONE, 'times out': 'applied' };
const DONE: Ends = {
  answers: 'applied',
  'says invalid': 'rejected',
  'times out': 'applied',
  'loses its answer': 'applied',
};
/** Meveto used the token up and the answer never came: a process that stops gracefully cannot know more. */
const SWALLOWED: Ends = { ...CLEAN, 'times out': 'ambiguous' };

const NOTHING_TAKES_EFFECT = 'a refused token logs nobody out: there is no effect to stop at';
const LISTS_NO_FORGERY = 'Meveto’s pending list names no forged calls';
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
    way: hold('receive:commit'),
    ends: { SIGKILL: CLEAN, SIGTERM: CLEAN },
  },
  {
    id: 'F2w',
    dies: 'before the insert, which takes its time: nothing is acknowledged meanwhile',
    way: hold('receive:before', 'wait'),
    ends: { SIGKILL: CLEAN, SIGTERM: CLEAN },
  },
  {
    id: 'F3',
    dies: 'after the commit, before the 2xx leaves',
    way: hold('receive:after'),
    ends: { SIGKILL: CLEAN, SIGTERM: CLEAN },
  },
  {
    id: 'F4',
    dies: 'after the 2xx, before the claim',
    way: hold('claim:before', 'wait'),
    ends: { SIGKILL: CLEAN, SIGTERM: CLEAN },
  },
  {
    id: 'F5',
    dies: 'after the claim, before its attempt mark: both are one transaction, which is not committed',
    way: hold('claim:commit'),
    ends: { SIGKILL: CLEAN, SIGTERM: CLEAN },
  },
  {
    id: 'F6',
    dies: 'after the mark, before a byte is sent',
    way: hold('exchange:before'),
    ends: { SIGKILL: MARKED, SIGTERM: CLEAN },
  },
  {
    id: 'F7',
    dies: 'after the request was sent, before Meveto looks at it',
    way: () => ({ kind: 'before-exchange' }),
    ends: { SIGKILL: MARKED, SIGTERM: CLEAN },
  },
  {
    id: 'F8',
    dies: 'after Meveto used the token up, before the answer is read',
    way: (outcome) =>
      outcome === 'loses its answer'
        ? { kind: 'hold', hold: { at: 'exchange:after', how: 'stop' } }
        : { kind: 'before-answer' },
    ends: { SIGKILL: GONE, SIGTERM: SWALLOWED },
  },
  {
    id: 'F9',
    dies: 'after the answer was read, before its commit',
    way: (outcome) => ({ kind: 'hold', hold: { at: `${SETTLED_BY[outcome]}:commit`, how: 'stop' } }),
    ends: { SIGKILL: READ, SIGTERM: CLEAN },
  },
  {
    id: 'F10',
    dies: 'in the middle of settling: the user’s row is written, the call’s is not; both are one transaction',
    way: hold('applyLogout:end'),
    ends: { SIGKILL: { ...GONE, 'loses its answer': 'applied' }, SIGTERM: DONE },
    list: lostNeedsTheList,
    leftOut: { 'says invalid': NOTHING_TAKES_EFFECT },
  },
  {
    id: 'F11',
    dies: 'after the effect was committed, before anybody is told',
    way: hold('applyLogout:after'),
    ends: { SIGKILL: DONE, SIGTERM: DONE },
    list: lostNeedsTheList,
    leftOut: { 'says invalid': NOTHING_TAKES_EFFECT },
  },
  {
    id: 'F12',
    dies: 'while the process’s listeners are told: nothing is marked for that',
    way: hold('told:after'),
    ends: { SIGKILL: DONE, SIGTERM: DONE },
    list: lostNeedsTheList,
    leftOut: { 'says invalid': NOTHING_TAKES_EFFECT },
  },
  {
    id: 'F13',
    dies: 'after a page of the pending list was read, before it is stored',
    way: () => ({ kind: 'hold', hold: { at: 'page:after', how: 'stop' }, startsHeld: true }),
    ends: { SIGKILL: DONE, SIGTERM: DONE },
    list: () => 'from-start',
    isOnlyListed: true,
    leftOut: { 'says invalid': LISTS_NO_FORGERY },
  },
  {
    id: 'F14',
    dies: 'after the page was stored: the list names the call again',
    way: () => ({ kind: 'hold', hold: { at: 'receiveListed:after', how: 'stop' }, startsHeld: true }),
    ends: { SIGKILL: DONE, SIGTERM: DONE },
    list: () => 'from-start',
    isOnlyListed: true,
    leftOut: { 'says invalid': LISTS_NO_FORGERY },
  },
  {
    id: 'F15',
    dies: 'as a zombie: another process has taken over its call',
    way: () => ({ kind: 'zombie', hold: { at: 'claim:after', how: 'stop' } }),
    ends: { SIGKILL: MARKED, SIGTERM: MARKED },
  },
  {
    id: 'F16',
    dies: 'in the middle of the migrations',
    way: () => ({ kind: 'hold', hold: { at: 'boot:migration', how: 'stop' }, startsHeld: true }),
    ends: { SIGKILL: CLEAN, SIGTERM: CLEAN },
  },
  {
    id: 'F17',
    dies: 'by a graceful stop with an exchange on its way (SIGTERM), or before that is over (SIGKILL)',
    way: () => ({ kind: 'graceful-stop' }),
    ends: { SIGKILL: MARKED, SIGTERM: CLEAN },
  },
];

/** The port's method that writes down what came of the first request. */
const SETTLED_BY: Readonly<Record<MevetoOutcome, string>> = {
  answers: 'applyLogout',
  'says invalid': 'finish',
  'times out': 'release',
  'loses its answer': 'release',
};
