import type { Counted } from './counters.js';

/** The level of an event's log line; 'none' for no line. */
type EventLevel = 'debug' | 'log' | 'warn' | 'error' | 'none';

/** Type of one field of an event. The values never contain tokens, secrets, Meveto IDs or sealed data. */
export interface FieldType<Value> {
  /** The type in words, for the docs. */
  readonly shape: string;
  /** What the field says, for the docs. */
  readonly meaning: string;
  /** For the type only. */
  readonly value?: Value;
}

type FieldTable = Readonly<Record<string, FieldType<unknown>>>;

export type FieldsOf<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends FieldType<infer Value> ? Value : never;
};

const fieldType =
  <Value>(shape: string) =>
  (meaning: string): FieldType<Value> => ({ shape, meaning });

export const text = fieldType<string>('text');
export const count = fieldType<number>('number');
/** A duration in milliseconds. */
export const duration = fieldType<number>('milliseconds');
/** A time in epoch milliseconds. */
export const instant = fieldType<number>('epoch milliseconds');
export const texts = fieldType<readonly string[]>('list of texts');
/** A list of objects with these fields. */
export const listOf =
  <Table extends Readonly<Record<keyof Table, FieldType<unknown>>>>(fields: Table) =>
  (meaning: string): FieldType<readonly FieldsOf<Table>[]> => ({
    shape: `list of { ${Object.keys(fields).join(', ')} }`,
    meaning,
  });
export const among =
  <Value extends string>(...values: readonly Value[]) =>
  (meaning: string): FieldType<Value> => ({
    shape: values.map((value) => `'${value}'`).join(', '),
    meaning,
  });
export const maybe = <Value>(type: FieldType<Value>): FieldType<Value | undefined> => ({
  shape: `${type.shape}, or undefined`,
  meaning: type.meaning,
});

/** A bound of log lines. The lines of a window of time beyond `lines` are summed up in one line at its end. */
export interface LineBound<Fields> {
  readonly lines: number;
  readonly perMs: number;
  /**
   * @param rest number of the events without a line of their own; events with a field `count` count as many
   * @param samples the first hundred of these events
   */
  readonly rest: (rest: number, samples: readonly Fields[]) => string;
}

/** What a table of events says of one event. */
interface EventDescription<Fields> {
  readonly level: EventLevel;
  /** When the event occurs, for the docs. */
  readonly when: string;
  /** What an operator does, for the docs. */
  readonly action?: string;
  /** The log line after the code; undefined for none. Required unless the level is 'none'. */
  readonly text?: string | ((fields: Fields) => string | undefined);
  /** The counters that count the event. A field `count` is the number that is added. */
  readonly counter?: Counted | readonly Counted[] | ((fields: Fields) => Counted);
  /**
   * Emitted only the first time in a process: for warnings about the configuration. A function gives a key for each case; at
   * most ten keys are emitted. Emitting the event again costs no object.
   */
  readonly once?: true | ((fields: Fields) => string);
  /** Name of an outage that this event begins or continues. Only its begin has a log line. */
  readonly outage?: string;
  /** Name of an outage that this event ends. Without an outage it is not emitted. */
  readonly ends?: string;
  readonly bound?: LineBound<Fields>;
}

/** One kind of event. Create it with `event` and `eventTable`. */
export interface EventKind<
  Code extends string = string,
  Fields extends object = never,
> extends EventDescription<Fields> {
  readonly code: Code;
  readonly fields: FieldTable;
  /** For the type only: an event without any function of its fields must not be emitted with others. */
  readonly takes?: (fields: Fields) => void;
}

type WithoutCode<Fields extends object> = Omit<EventKind<string, Fields>, 'code'>;

/** Describes an event. `eventTable` adds the code. */
export const event = <Table extends Readonly<Record<keyof Table, FieldType<unknown>>> = object>(
  description: { readonly fields?: Table } & EventDescription<FieldsOf<Table>>,
): WithoutCode<FieldsOf<Table>> => ({ fields: {}, ...description });

/** The events that one folder raises, by their codes. */
export const eventTable = <Kinds extends Readonly<Record<`MEVETO_${string}`, WithoutCode<never>>>>(
  kinds: Kinds,
) =>
  Object.fromEntries(Object.entries(kinds).map(([code, kind]) => [code, { ...kind, code }])) as unknown as {
    readonly [Code in keyof Kinds & string]: Kinds[Code] extends WithoutCode<infer Fields>
      ? EventKind<Code, Fields>
      : never;
  };

/** An event as listeners get it. */
export interface EmittedEvent {
  /** Stable code, `MEVETO_…`. */
  readonly code: string;
  /** When the event was emitted, in epoch milliseconds of this process's clock. */
  readonly at: number;
}

/** The type of the events of a table. */
export type EventsOf<Table> = {
  [Code in keyof Table & string]: Table[Code] extends EventKind<Code, infer Fields>
    ? Readonly<{ code: Code; at: number } & Fields>
    : never;
}[keyof Table & string];

/** How many things an event reports. */
export const amountOf = (emitted: object): number => ('count' in emitted ? Number(emitted.count) : 1);
