import type { SessionRequest } from './session-reader.port.js';

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
