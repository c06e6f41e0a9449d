import { inspect } from 'node:util';
import type { Logout } from './logout.js';

/** The kind of a job: log the user out. */
export const LOGOUT = 'logout';
/** The kind of a job: clear the user's Meveto ID. */
export const UNLINK = 'unlink';
/** The kinds that this version knows. A newer version with the same tables may store other kinds. */
export const JOB_KINDS = [LOGOUT, UNLINK] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export const isJobKind = (kind: string): kind is JobKind => (JOB_KINDS as readonly string[]).includes(kind);

/**
 * The priority of a job, highest first. Jobs of a higher priority are processed first, so that forged jobs do not delay real
 * ones. `listed`: from Meveto's list of pending webhooks. `known`: from an address that recently sent a job for which Meveto
 * named the user. `unknown`: from any other address.
 */
export const PRIORITIES = ['listed', 'known', 'unknown'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** The stored form of a priority: the smaller number comes first. */
export const rankOf = (priority: Priority): number => PRIORITIES.indexOf(priority);
export const priorityOf = (rank: number): Priority => PRIORITIES[rank] ?? 'unknown';

/** How long a sender stays known after a job for which Meveto named the user, in milliseconds. */
export const KNOWN_SENDER_FOR_MS = 7 * 86_400_000;

/** How many more jobs may wait in each priority. */
export type Room = Readonly<Record<Priority, number>>;

const REDACTED = '[one-time token]';

/**
 * Meveto's one-time user token. Printing, serialising and inspecting give a placeholder, so that no log, error or trace contains
 * the token by accident. Only `reveal()` returns the text.
 */
export class UserToken {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

/** States of a job. `pending` is unfinished; every other state is final. */
export const JOB_STATES = ['pending', 'applied', 'rejected', 'unknown_user', 'ambiguous', 'expired'] as const;
export type JobState = (typeof JOB_STATES)[number];
export type FinalState = Exclude<JobState, 'pending'>;

/** Reasons of outcomes that other code depends on. The token is lost: only the memory of a process that has ended contained it. */
export const TOKEN_LOST = 'token-lost';
/** Meveto rejected the token as invalid. */
export const INVALID_TOKEN = 'invalid-token';
/** No key opens the sealed token. */
export const KEY_MISSING = 'key-missing';
/** No replica that knows the kind claimed the job within its time to live. */
export const UNKNOWN_KIND = 'unknown-kind';
export const TIME_TO_LIVE = 'time-to-live';
export const TIME_TO_LIVE_OUTCOME_UNKNOWN = 'time-to-live-outcome-unknown';
/** Repeated client errors (HTTP 4xx) for this job, while Meveto answered the requests of other jobs. */
export const CLIENT_ERROR = 'client-error';
/** More users have the Meveto ID than one transaction can log out. */
export const TOO_MANY_USERS = 'too-many-users';
export const BY_OPERATOR = 'operator';
/** The list of pending webhooks gave the job another token. The old token keeps a row, so that it is recognised when received again. */
export const REPLACED = 'replaced';

/** The most users with one Meveto ID that one transaction logs out. The application's table may allow several users with one ID. */
export const MAX_USERS = 100;

/** The outcome of a job whose user Meveto named. `others` lists further users with the same Meveto ID; absent if there are none. */
export type ApplyOutcome =
  | { readonly kind: 'applied'; readonly logout: Logout; readonly others?: readonly Logout[] }
  | { readonly kind: 'unlinked'; readonly userId: string; readonly others?: readonly string[] }
  | { readonly kind: 'unknown-user' }
  /** More than {@link MAX_USERS} users have the Meveto ID. No user row was changed. */
  | { readonly kind: 'ambiguous' }
  /** Another worker or an operator has finished the job. */
  | { readonly kind: 'claim-lost' };

/** The property `others` of an outcome; no property if the list is empty. */
export const withOthers = <T>(others: readonly T[]): { others?: readonly T[] } =>
  others.length > 0 ? { others } : {};

/** The ids of the users that an outcome affects, in the order of the outcome. */
export function userIdsIn(outcome: ApplyOutcome): readonly string[] {
  if (outcome.kind === 'applied')
    return [outcome.logout, ...(outcome.others ?? [])].map(({ userId }) => userId);
  return outcome.kind === 'unlinked' ? [outcome.userId, ...(outcome.others ?? [])] : [];
}
