import * as fc from 'fast-check';

/** One thing that happens. Numbers that name a call, a replica or an answer are taken modulo how many there are. */
export type Command =
  /** Time passes, for everybody. */
  | { readonly do: 'pass'; readonly ms: number }
  /** A user logs in; `authenticatedAgoMs` when the application says how long ago they proved who they are. */
  | { readonly do: 'log-in'; readonly user: number; readonly authenticatedAgoMs: number | null }
  /** A person presses "log out": Meveto makes a call, by a clock that is `skewMs` ahead. */
  | { readonly do: 'press'; readonly user: number; readonly skewMs: number }
  /** Meveto posts a call, for the first time or once more. */
  | { readonly do: 'deliver'; readonly call: number }
  /** The pending list names a call, with or without its `created_at`; with a new token if it was listed before. */
  | { readonly do: 'list'; readonly call: number; readonly isDated: boolean; readonly isRenewed: boolean }
  /** A replica claims a call and asks Meveto, which answers; the answer is on its way. */
  | { readonly do: 'claim'; readonly replica: number }
  /** An answer arrives, now or much later, and is recorded; or it is lost. */
  | { readonly do: 'answer'; readonly answer: number; readonly isLost: boolean }
  /** A replica asks the store for what others have committed; the store has read it, and the rows are on their way. */
  | { readonly do: 'look'; readonly replica: number }
  /** The rows arrive, now or much later. */
  | { readonly do: 'see'; readonly replica: number }
  /** A replica dies and starts again. Answers on their way to it are lost. */
  | { readonly do: 'restart'; readonly replica: number }
  /** A replica forgets logouts that no session is old enough for. */
  | { readonly do: 'forget'; readonly replica: number };

/** One history, and how far the clocks of the two replicas are off. */
export interface History {
  readonly skewsMs: readonly [number, number];
  readonly commands: readonly Command[];
}

/** More than two replicas' clocks may differ by in all: logouts are forgotten a minute later than they could be. */
const MAX_REPLICA_SKEW_MS = 29_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

// Mostly so little that instants meet: the ties are where mistakes are. Sometimes a lease, sometimes the life of a session.
const passing = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 2 }) },
  { weight: 2, arbitrary: fc.constantFrom(9_999, 10_001, 60_000) },
  { weight: 1, arbitrary: fc.constantFrom(HOUR_MS, 15 * DAY_MS, 30 * DAY_MS) },
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
  { weight: 3, arbitrary: fc.record({ do: fc.constant('press' as const), user: binary, skewMs: skew }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('deliver' as const), call: index }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('list' as const),
      call: index,
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
