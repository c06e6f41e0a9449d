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
