import type { Faults } from './faults.js';
import type { KeyMaterial, KeyRing, KeySource } from './key-options.js';
import { isObject, refuseOtherNames } from './option-table.js';

const MIN_BYTES = 32;
/** Minimum for a client secret, whose length Meveto chooses. */
const MIN_SECRET_BYTES = 16;
/** Random bytes in binary or in a usual text form have more distinct bytes than this. */
const MIN_DISTINCT = 8;
const REMEDY = 'Make one: openssl rand -base64 32.';

/**
 * Checks key material. Key derivation accepts weak material, so check its strength here. Faults name the weak key and
 * never quote it.
 */
export function keyRingOf(name: string, given: unknown, faults: Faults): KeyRing | undefined {
  if (!isObject(given)) {
    faults.add(
      `${name}: expected { current, previous? } with key material, or a function that gives them. ${REMEDY}`,
    );
    return undefined;
  }
  refuseOtherNames(['current', 'previous'], given, faults, `${name}.`);
  const previous = given['previous'] ?? [];
  if (!Array.isArray(previous)) {
    faults.add(`${name}.previous: expected a list of key material.`);
    return undefined;
  }
  const named: [string, unknown][] = [
    [`${name}.current`, given['current']],
    ...previous.map((key: unknown, index): [string, unknown] => [`${name}.previous[${String(index)}]`, key]),
  ];
  const weak = named
    .map(([key, material]) => [key, weaknessOf(material)] as const)
    .filter(([, why]) => why !== undefined);
  for (const [key, why] of weak) faults.add(`${key}: ${String(why)} ${REMEDY}`);
  return weak.length > 0
    ? undefined
    : { current: given['current'] as KeyMaterial, previous: previous as KeyMaterial[] };
}

/** Checks the option `keys`. A function is called later, at start. */
export function keysOf(given: unknown, faults: Faults): KeyRing | KeySource | undefined {
  if (given === undefined || typeof given === 'function') return given as KeySource | undefined;
  return keyRingOf('keys', given, faults);
}

/** Why a client secret is too weak to derive keys from it; undefined for a strong one. */
export const weaknessOfSecret = (secret: string): string | undefined => weaknessOf(secret, MIN_SECRET_BYTES);

/** Checks earlier client secrets. Their strength is not checked: Meveto made them. */
export function previousSecretsOf(given: unknown, faults: Faults): readonly string[] {
  if (given === undefined) return [];
  if (Array.isArray(given) && given.every(isSecret)) return given;
  faults.add('previousClientSecrets: expected a list of non-empty strings. Leave it out if there are none.');
  return [];
}

function weaknessOf(material: unknown, minBytes = MIN_BYTES): string | undefined {
  const isText = typeof material === 'string';
  if (!isText && !(material instanceof Uint8Array)) return 'expected text or bytes.';
  const bytes = isText ? Buffer.from(material) : material;
  if (bytes.length < minBytes) {
    return `got ${String(bytes.length)} bytes, expected at least ${String(minBytes)}: too short to be a key.`;
  }
  return new Set(bytes).size < MIN_DISTINCT
    ? 'it repeats a few bytes: not random enough to be a key.'
    : undefined;
}

const isSecret = (secret: unknown): secret is string => typeof secret === 'string' && secret.trim() !== '';
