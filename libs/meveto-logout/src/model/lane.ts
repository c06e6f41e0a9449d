/**
 * Where a call waits. Calls of an earlier lane are worked on first, so that forged ones never hold up real ones: those of
 * Meveto's own pending list, those from addresses that lately sent a confirmed call, and all others.
 */
export const LANES = ['listed', 'confirmed', 'stranger'] as const;
export type Lane = (typeof LANES)[number];

/** How stores keep a lane: smaller goes first. */
export const rankOf = (lane: Lane): number => LANES.indexOf(lane);
export const laneOf = (rank: number): Lane => LANES[rank] ?? 'stranger';

/** How long a sender counts as confirmed after a call whose person Meveto named. */
export const CONFIRMED_FOR_MS = 7 * 86_400_000;

/** Whether it came from an address without a confirmed call. */
export const isStrangers = ({ lane }: { readonly lane: Lane }): boolean => lane === 'stranger';
