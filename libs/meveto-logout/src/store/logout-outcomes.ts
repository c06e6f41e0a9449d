import type { Logout } from './logout.js';

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

/** The logouts of one user, one for each form of the id that the application may see. */
export type UserLogouts = readonly [Logout, ...Logout[]];

/** The logouts committed since an earlier read. */
export interface LogoutsSince {
  readonly logouts: readonly Logout[];
  /** Time of the latest logout that any process has forgotten, epoch milliseconds; 0 if none. */
  readonly forgottenUntil: number;
  /** The store's clock at the time of the read, epoch milliseconds. Pass this value to the next read. */
  readonly asOf: number;
}

/** The property `others` of an outcome; no property if the list is empty. */
export const withOthers = <T>(others: readonly T[]): { others?: readonly T[] } =>
  others.length > 0 ? { others } : {};

/** The ids of the users that an outcome affects, in the order of the outcome. */
export function userIdsIn(outcome: ApplyOutcome): readonly string[] {
  if (outcome.kind === 'applied')
    return [outcome.logout, ...(outcome.others ?? [])].map(({ userId }) => userId);
  return outcome.kind === 'unlinked' ? [outcome.userId, ...(outcome.others ?? [])] : [];
}
