import { isLoopback } from './loopback.js';
import { kindOf, type Option } from './option-table.js';
import { isSameOriginPath } from './same-origin-path.js';

/** A whole number within bounds. */
export const integer = (byDefault: number, min: number, max: number): Option<number> => ({
  shape: 'integer',
  byDefault: String(byDefault),
  range: { min, max },
  read: (name, given, faults) => {
    const value = given ?? byDefault;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    const got = typeof value === 'number' ? String(value) : kindOf(value);
    faults.add(
      `${name}: got ${got}, expected an integer from ${String(min)} to ${String(max)}. ` +
        `Leave it out for the default, ${String(byDefault)}.`,
    );
    return byDefault;
  },
});

/** A duration in whole milliseconds, within bounds. */
export const milliseconds = (byDefault: number, min: number, max: number): Option<number> => ({
  ...integer(byDefault, min, max),
  unit: 'milliseconds',
});

/** One of a few words; the first one is the default. */
export const oneOf = <T extends string>(byDefault: T, ...others: readonly T[]): Option<T> => {
  const words = [byDefault, ...others];
  const expected = words.map((each) => `'${each}'`).join(' or ');
  return {
    shape: expected,
    byDefault: `'${byDefault}'`,
    read: (name, given, faults) => {
      const value = given ?? byDefault;
      const word = words.find((each) => each === value);
      if (word !== undefined) return word;
      faults.add(
        `${name}: got ${quoted(value)}, expected ${expected}. Leave it out for the default, '${byDefault}'.`,
      );
      return byDefault;
    },
  };
};

/** True or false. */
export const flag = (byDefault: boolean): Option<boolean> => ({
  shape: 'boolean',
  byDefault: String(byDefault),
  read: (name, given, faults) => {
    const value = given ?? byDefault;
    if (typeof value === 'boolean') return value;
    faults.add(
      `${name}: got ${kindOf(value)}, expected true or false. Leave it out for the default, ${String(byDefault)}.`,
    );
    return byDefault;
  },
});

/** An option that may be left out, in which case it has no value. */
export const optional = <T>(option: Option<T>, byDefault = 'none'): Option<T | undefined> => ({
  ...option,
  byDefault,
  read: (name, given, faults) => (given === undefined ? undefined : option.read(name, given, faults)),
});

/** A text that must be given. It may be a secret: faults never quote it. */
export const requiredText = (remedy: string): Option<string> => ({
  shape: 'text',
  byDefault: 'required',
  read: (name, given, faults) => {
    if (typeof given === 'string' && given.trim() !== '') return given;
    const got = given === '' ? 'an empty string' : kindOf(given);
    faults.add(`${name}: got ${got}, expected a non-empty string. ${remedy}`);
    return '';
  },
});

/** A path of the same origin: one leading slash, so that no other host can be meant. */
export const path = (byDefault: string): Option<string> => ({
  shape: 'path',
  byDefault: `'${byDefault}'`,
  read: (name, given, faults) => {
    const value = given ?? byDefault;
    if (typeof value === 'string' && isSameOriginPath(value)) return value;
    faults.add(
      `${name}: got ${quoted(value)}, expected a path of the same origin that starts with a single '/'. Example: '/login'.`,
    );
    return byDefault;
  },
});

/** An origin that is https, or http on a loopback address, without path, query or credentials. */
export const origin = (byDefault: string): Option<string> => ({
  shape: 'origin',
  byDefault: `'${byDefault}'`,
  read: (name, given, faults) => {
    const value = given ?? byDefault;
    const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
    if (url !== undefined && isTrusted(url) && isBareOrigin(url)) return url.origin;
    // What may hold credentials is not quoted: without a scheme, `id:secret@host` is a URL whose scheme is the id.
    const got =
      url !== undefined && /^https?:$/.test(url.protocol)
        ? `${url.protocol}//${url.host}${url.pathname}`
        : kindOf(value);
    faults.add(
      `${name}: got ${got}, expected an origin that is https, or http on a loopback address, without path, ` +
        `credentials or query. Example: '${byDefault}'.`,
    );
    return byDefault;
  },
});

const isTrusted = (url: URL): boolean =>
  url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));

const isBareOrigin = (url: URL): boolean =>
  url.username === '' && url.password === '' && url.search === '' && url.hash === '' && url.pathname === '/';

/** A text as it was given, anything else by its kind. Not for secrets. */
export const quoted = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : kindOf(value));
