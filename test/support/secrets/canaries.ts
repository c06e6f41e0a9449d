import { inspect } from 'node:util';

/** The form of the simulator's user tokens. */
const TOKEN = /[0-9a-f]{48,}/g;
const TOKEN_CHARS = 48;
/** A separate token; digests are longer. */
const FORM = /(?<![0-9a-f])[0-9a-f]{48}(?![0-9a-f])/g;

const tokens = new Set<string>();
const sightings = new Set<string>();

/**
 * The user tokens that Meveto issued in this test file. Each is unique, and every end-to-end test searches all output
 * of the application for it: `watch-tokens.ts`.
 */
export const canaries = {
  add(token: string): void {
    tokens.add(token);
  },

  /** Searches a text, or a value in its most detailed form. */
  look(where: string, thing: unknown): void {
    const text = textOf(thing);
    for (const { 0: run, index } of text.matchAll(TOKEN)) {
      if (hasToken(run)) sightings.add(`${where}: …${text.slice(Math.max(0, index - 200), index)}<token>`);
    }
  },

  /** Searches a text for anything in the form of a token, for a Meveto in another process. */
  lookForAny(where: string, text: string): void {
    for (const { index } of text.matchAll(FORM))
      sightings.add(`${where}: …${text.slice(Math.max(0, index - 200), index)}<something like a token>`);
  },

  /** The places of tokens that were found since the last call. */
  take(): readonly string[] {
    const found = [...sightings];
    sightings.clear();
    return found;
  },
};

function hasToken(run: string): boolean {
  for (let at = 0; at + TOKEN_CHARS <= run.length; at += 1)
    if (tokens.has(run.slice(at, at + TOKEN_CHARS))) return true;
  return false;
}

function textOf(thing: unknown): string {
  if (typeof thing === 'string') return thing;
  if (Buffer.isBuffer(thing)) return thing.toString('latin1');
  return inspect(thing, { depth: 8, showHidden: true, maxStringLength: null, maxArrayLength: null });
}
