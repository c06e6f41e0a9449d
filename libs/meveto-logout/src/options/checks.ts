import { validateCronExpression } from 'cron';
import { isSameOriginPath } from '../model/same-origin-path.js';

/** Collects every fault instead of stopping at the first one. Texts never quote a secret. */
export class Faults {
  readonly #found: string[] = [];

  get found(): readonly string[] {
    return this.#found;
  }

  add(text: string): void {
    this.#found.push(text);
  }

  text(name: string, value: unknown, remedy: string): string {
    if (typeof value === 'string' && value.trim() !== '') return value;
    this.add(
      `${name}: got ${value === '' ? 'an empty string' : typeName(value)}, wanted a non-empty string. ${remedy}`,
    );
    return '';
  }

  integer(name: string, value: unknown, fallback: number, range: { min: number; max: number }): number {
    const given = value ?? fallback;
    if (typeof given === 'number' && Number.isInteger(given) && given >= range.min && given <= range.max) {
      return given;
    }
    const got = typeof given === 'number' ? String(given) : typeName(given);
    this.add(
      `${name}: got ${got}, wanted an integer from ${String(range.min)} to ${String(range.max)}. ` +
        `Leave it out for the default, ${String(fallback)}.`,
    );
    return fallback;
  }

  /** One of a few words; the first one is the default. */
  oneOf<T extends string>(name: string, value: unknown, [fallback, ...others]: readonly [T, ...T[]]): T {
    const given = value ?? fallback;
    const word = [fallback, ...others].find((each) => each === given);
    if (word !== undefined) return word;
    const got = typeof given === 'string' ? `'${given}'` : typeName(given);
    const wanted = [fallback, ...others].map((each) => `'${each}'`).join(' or ');
    this.add(`${name}: got ${got}, wanted ${wanted}. Leave it out for the default, '${fallback}'.`);
    return fallback;
  }

  cron(name: string, value: unknown, fallback: string): string {
    const given = value ?? fallback;
    if (typeof given === 'string' && validateCronExpression(given).valid) return given;
    const got = typeof given === 'string' ? `'${given}'` : typeName(given);
    this.add(
      `${name}: got ${got}, wanted a cron expression of five fields, or six with seconds. ` +
        `Example: '0 */5 * * * *' for every five minutes.`,
    );
    return fallback;
  }

  /** An origin that is https, or http on a loopback address, without path, query or credentials. */
  origin(name: string, value: unknown, fallback: string): string {
    const given = value ?? fallback;
    const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined;
    if (url !== undefined && isTrusted(url) && isBareOrigin(url)) return url.origin;
    const got = url === undefined ? typeName(given) : `${url.protocol}//${url.host}${url.pathname}`;
    this.add(
      `${name}: got ${got}, wanted an origin that is https, or http on a loopback address, without path, ` +
        `credentials or query. Example: 'https://prod.meveto.com'.`,
    );
    return fallback;
  }

  /** A path of the same origin: one leading slash, so that no other host can be meant. */
  sameOriginPath(name: string, value: unknown, fallback: string): string {
    const given = value ?? fallback;
    if (typeof given === 'string' && isSameOriginPath(given)) return given;
    this.add(
      `${name}: got ${typeof given === 'string' ? `'${given}'` : typeName(given)}, wanted a path of the same origin ` +
        `that starts with a single '/'. Example: '/login'.`,
    );
    return fallback;
  }
}

const typeName = (value: unknown): string =>
  value === undefined ? 'nothing' : value === null ? 'null' : `a ${typeof value}`;

const isTrusted = (url: URL): boolean =>
  url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));

const isBareOrigin = (url: URL): boolean =>
  url.username === '' && url.password === '' && url.search === '' && url.hash === '' && url.pathname === '/';

/** Whether a URL's host name is this machine: 127.0.0.0/8, ::1 or localhost. */
export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
