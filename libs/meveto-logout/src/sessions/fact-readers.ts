import { sessionsEvents } from './events.js';
import { eventsOf } from './reader-events.js';
import type { SessionRequest } from './session-reader.port.js';
import type { SessionFacts } from './session.js';

type Fields = Record<string, unknown>;

/**
 * Where to find a fact in `request.user` or in a session: the name of a property, a dotted path (`'user.id'`), or a function
 * of the user or session and of the request. A property with the whole path as its name takes precedence, if it has a value.
 */
export type FactOf<Value> = string | ((holder: Fields, request: SessionRequest) => Value);

/** Reads one fact; undefined if there is none. */
export type ReadFact = (holder: object, request: SessionRequest) => unknown;

export function readFact(where: FactOf<unknown>): ReadFact {
  if (typeof where === 'function') return (holder, request) => where(holder as Fields, request);
  const names = where.split('.');
  return names.length === 1
    ? (holder) => (holder as Fields)[where]
    : (holder) => (holder as Fields)[where] ?? valueAtPath(holder, names);
}

function valueAtPath(holder: object, names: readonly string[]): unknown {
  let value: unknown = holder;
  for (const name of names) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Fields)[name];
  }
  return value;
}

/** Converts a number, a Date or a date as text to epoch milliseconds; undefined for anything else. */
export function instantOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value instanceof Date) return value.getTime();
  if (typeof value !== 'string') return undefined;
  const at = /^\d+$/.test(value) ? Number(value) : Date.parse(value);
  return Number.isNaN(at) ? undefined : at;
}

/** Whether the value can be a user id: a non-empty string, a finite number (including 0) or a bigint. */
export const isUserId = (value: unknown): value is string | number | bigint =>
  typeof value === 'bigint' || (typeof value === 'string' ? value !== '' : Number.isFinite(value));

type UserId = SessionFacts['userId'];

export interface UserIdPlaces {
  /** The object with the id, as warnings name it: `request.user`. */
  readonly holder: string;
  /** The function whose option `userId` names the place, as warnings name it: `requestUser`. */
  readonly reader: string;
  /** The option `userId`. If set, no other place is read. */
  readonly userId: FactOf<UserId | undefined> | undefined;
  /** Usual properties of the id, in order of preference. */
  readonly usual: readonly string[];
  /** Whether a missing id is normal and causes no warning, as in the session of a visitor. */
  readonly mayBeMissing?: boolean;
}

/** Finds the user's id in a `request.user`, in a session or in the claims of a token. The first usable id wins. */
export class UserIdReader {
  readonly #reads: readonly ReadFact[];
  readonly #mayBeMissing: boolean;
  /** What warnings say of this reader. */
  readonly #read: { readonly reader: string; readonly holder: string; readonly places: string };
  readonly #differing: Readonly<Record<'reader' | 'holder' | 'places' | 'example', string>>;

  /** @param source the session reader that emits warnings */
  constructor(
    private readonly source: object,
    { holder, reader, userId, usual, mayBeMissing = false }: UserIdPlaces,
  ) {
    this.#reads = (userId === undefined ? usual : [userId]).map(readFact);
    this.#mayBeMissing = mayBeMissing;
    const places =
      userId === undefined ? usual.join(', ') : typeof userId === 'string' ? userId : 'a function';
    this.#read = { reader, holder, places };
    this.#differing = { ...this.#read, example: usual[0] ?? 'id' };
  }

  of(holder: object, request: SessionRequest): UserId | undefined {
    let found: UserId | undefined;
    let isUnusable = false;
    for (const read of this.#reads) {
      const value = read(holder, request);
      if (!isUserId(value)) {
        isUnusable ||= found === undefined && !isAbsent(value);
      } else if (found === undefined) {
        found = value;
      } else if (String(value) !== String(found)) {
        eventsOf(this.source).emit(sessionsEvents.MEVETO_USER_IDS_DIFFER, this.#differing);
      }
    }
    if (isUnusable) eventsOf(this.source).emit(sessionsEvents.MEVETO_USER_ID_UNUSABLE, this.#read);
    else if (found === undefined && !this.#mayBeMissing)
      eventsOf(this.source).emit(sessionsEvents.MEVETO_USER_ID_MISSING, this.#read);
    return found;
  }
}

/** Whether there is no value at all, as opposed to a value that cannot be an id. */
const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === '';
