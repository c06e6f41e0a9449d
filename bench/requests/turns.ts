import { median, type Scale } from '../measure.js';
import type { CountedTurn, LoadTarget, Turn } from './load-target.js';
import { Load } from './load.js';

const CONNECTIONS = 64;
const TURN_MS = { quick: 100, full: 500 };
const ROUNDS = { quick: 8, full: 12 };
const FEWEST_ROUNDS = 3;
/**
 * Turns of each variant before the first round, with all connections, so that its code is compiled. A webhook reaches its lowest processor
 * time after about 50,000 requests.
 */
const WARM_UP_TURNS = { quick: 5, full: 20 };
/** Above this share of its core the load process limits the figure. */
const BUSY_LOAD = 0.95;

/** One side of a comparison: an application that listens. */
export interface Variant {
  readonly name: string;
  readonly target: LoadTarget;
  readonly close: () => Promise<void>;
}

/** One round: each variant had one turn. */
export type Round = (name: string) => CountedTurn;

export interface TurnOptions {
  readonly connections?: number;
  /** Called after each turn that counts. */
  readonly after?: (name: string, turn: CountedTurn) => void | Promise<void>;
}

/**
 * Lets the variants take turns of 0.5 s (quick: 0.1 s) in random order, in this process, with the load on the other core. Variants of separate
 * processes or minutes would be compared under different conditions. Closes the variants.
 */
export async function takeTurns(
  variants: readonly Variant[],
  scale: Scale,
  { connections = CONNECTIONS, after }: TurnOptions = {},
): Promise<readonly Round[]> {
  const size = scale.isQuick ? 'quick' : 'full';
  const total = (WARM_UP_TURNS[size] + ROUNDS[size]) * variants.length;
  let done = 0;
  const load = Load.start();
  const turnOf = async ({ target }: Variant, count: number): Promise<CountedTurn> => {
    const cpu = process.cpuUsage();
    const turn = await load.turn({ target, connections: count, milliseconds: TURN_MS[size] });
    const { user, system } = process.cpuUsage(cpu);
    scale.progress((done += 1), total);
    return { ...turn, cpuUs: (user + system) / turn.answers };
  };
  try {
    for (let turn = 0; turn < WARM_UP_TURNS[size]; turn += 1)
      for (const variant of variants) await turnOf(variant, CONNECTIONS);
    const rounds: Round[] = [];
    while (rounds.length < ROUNDS[size] && (rounds.length < FEWEST_ROUNDS || scale.hasTime()))
      rounds.push(await roundOf(variants, (variant) => turnOf(variant, connections), after));
    report(variants, rounds);
    return rounds;
  } finally {
    load.stop();
    for (const { close } of variants) await close();
  }
}

async function roundOf(
  variants: readonly Variant[],
  turnOf: (variant: Variant) => Promise<CountedTurn>,
  after: TurnOptions['after'],
): Promise<Round> {
  const turns = new Map<string, CountedTurn>();
  for (const variant of shuffled(variants)) {
    const turn = await turnOf(variant);
    await after?.(variant.name, turn);
    turns.set(variant.name, turn);
  }
  return (name) => present(turns.get(name), name);
}

/** Requests per second of one variant over those of another one, in each round. */
export const throughputRatios = (rounds: readonly Round[], one: string, other: string): number[] =>
  rounds.map((round) => perSecond(round(one)) / perSecond(round(other)));

/** Processor time of a request of one variant over that of another one, in each round. */
export const timeRatios = (rounds: readonly Round[], one: string, other: string): number[] =>
  rounds.map((round) => round(one).cpuUs / round(other).cpuUs);

const perSecond = ({ answers, seconds }: Turn): number => answers / seconds;

function present<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`No variant ${name} took part.`);
  return value;
}

function shuffled<T>(values: readonly T[]): T[] {
  const order = values.map((value) => ({ value, at: Math.random() }));
  return order.sort((a, b) => a.at - b.at).map(({ value }) => value);
}

/** Prints the throughput of each variant, and says so where the load process was the bottleneck. */
function report(variants: readonly Variant[], rounds: readonly Round[]): void {
  for (const { name } of variants) {
    const middle = (of: (turn: CountedTurn) => number): number =>
      median(rounds.map((round) => of(round(name))));
    const loadCpu = middle((turn) => turn.loadCpu);
    const remark = loadCpu > BUSY_LOAD ? ': the load limits this figure' : '';
    process.stderr.write(
      `\n  ${name}: ${middle(perSecond).toFixed(0)} requests a second, ${middle(({ cpuUs }) => cpuUs).toFixed(0)} µs of processor ` +
        `time each, load process ${(loadCpu * 100).toFixed(0)} % of a core${remark}`,
    );
  }
  process.stderr.write('\n');
}
