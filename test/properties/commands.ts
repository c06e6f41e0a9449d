import * as fc from 'fast-check';

/** One step of a history. The number of a webhook, a replica or an answer counts modulo the number of existing ones. */
export type Command =
  /** Time passes for the store and for all replicas. */
  | { readonly do: 'pass'; readonly ms: number }
  /** The store's clock is set ahead or back. */
  | { readonly do: 'step'; readonly ms: number }
  /** The application writes the last logout of a user, this much ahead of the clock. */
  | { readonly do: 'write-row'; readonly user: number; readonly aheadMs: number }
  /** A user logs in. `authenticatedAgoMs` is the time since the authentication; null if the application does not give it. */
  | { readonly do: 'log-in'; readonly user: number; readonly authenticatedAgoMs: number | null }
  /** A user presses "log out". Meveto creates a webhook; its clock is `skewMs` ahead. */
  | { readonly do: 'press'; readonly user: number; readonly skewMs: number }
  /** Meveto sends a webhook, for the first time or again. */
  | { readonly do: 'deliver'; readonly webhook: number }
  /** A webhook is listed, with or without `created_at`; with a new token if `isRenewed` and listed before. */
  | { readonly do: 'list'; readonly webhook: number; readonly isDated: boolean; readonly isRenewed: boolean }
  /** A replica claims a job and sends the exchange. The answer of Meveto is in flight. */
  | { readonly do: 'claim'; readonly replica: number }
  /** An answer arrives, at once or much later, and is stored; or the answer is lost. */
  | { readonly do: 'answer'; readonly answer: number; readonly isLost: boolean }
  /** A replica polls the store. The store has read the rows, and the rows are in flight. */
  | { readonly do: 'look'; readonly replica: number }
  /** The polled rows arrive, at once or much later. */
  | { readonly do: 'see'; readonly replica: number }
  /** A replica ends and starts again. Answers in flight to this replica are lost. */
  | { readonly do: 'restart'; readonly replica: number }
  /** A replica deletes logouts that are older than every session. */
  | { readonly do: 'forget'; readonly replica: number };

/** A history of commands, and the clock differences of the two replicas. */
export interface History {
  readonly skewsMs: readonly [number, number];
  readonly commands: readonly Command[];
}

/** The largest clock difference of a replica, in milliseconds. Logouts are deleted a minute later than possible, for two such differences. */
const MAX_REPLICA_SKEW_MS = 29_000;
const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

// Mostly very short, because errors occur at equal instants. Sometimes as long as a lease or as a session.
const passing = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 2 }) },
  { weight: 2, arbitrary: fc.constantFrom(9_999, 10_001, 60_000) },
  { weight: 1, arbitrary: fc.constantFrom(HOUR_MS, 15 * DAY_MS, 30 * DAY_MS) },
);
const step = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(-DAY_MS, -HOUR_MS, -30_000, -1_000, 1_000, 30_000, HOUR_MS, DAY_MS),
);
const skew = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(-HOUR_MS, HOUR_MS));
const ago = fc.option(fc.oneof(fc.integer({ min: -2, max: 3 }), fc.constant(HOUR_MS)), { nil: null });
const index = fc.nat({ max: 7 });
const binary = fc.nat({ max: 1 });

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: passing }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('log-in' as const), user: binary, authenticatedAgoMs: ago }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('step' as const), ms: step }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('write-row' as const), user: binary, aheadMs: step }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('press' as const), user: binary, skewMs: skew }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('deliver' as const), webhook: index }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('list' as const),
      webhook: index,
      isDated: fc.boolean(),
      isRenewed: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('claim' as const), replica: binary }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      answer: index,
      isLost: fc.nat({ max: 5 }).map((drawn) => drawn === 5),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('look' as const), replica: binary }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('see' as const), replica: binary }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), replica: binary }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), replica: binary }) },
);

const replicaSkew = fc.integer({ min: -MAX_REPLICA_SKEW_MS, max: MAX_REPLICA_SKEW_MS });

export const histories: fc.Arbitrary<History> = fc.record({
  skewsMs: fc.tuple(replicaSkew, replicaSkew),
  commands: fc.array(command, { minLength: 1, maxLength: 60, size: 'max' }),
});
