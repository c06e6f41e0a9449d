import type { Faults } from './checks.js';
import type { KeyMaterial, KeyRing, KeySource } from './key-options.js';

const MIN_BYTES = 32;
/** Random bytes, and their usual spellings in text, show more than this. */
const MIN_DISTINCT = 8;
const REMEDY = 'Make one: openssl rand -base64 32.';

/** Key material of any strength would be taken for good: faults name what is weak, and never quote it. */
export function keyRingOf(name: string, given: unknown, faults: Faults): KeyRing | undefined {
  if (!isObject(given)) {
    faults.add(
      `${name}: wanted { current, previous? } with key material, or a function that gives them. ${REMEDY}`,
    );
    return undefined;
  }
  const unknown = Object.keys(given).filter((key) => key !== 'current' && key !== 'previous');
  for (const key of unknown) faults.add(`${name}.${key}: there is no such option. Known: current, previous.`);
  const previous = given['previous'] ?? [];
  if (!Array.isArray(previous)) {
    faults.add(`${name}.previous: wanted a list of key material.`);
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

/** The keys as the application gives them: a function is asked later, when the application starts. */
export function keysOf(given: unknown, faults: Faults): KeyRing | KeySource | undefined {
  if (given === undefined || typeof given === 'function') return given as KeySource | undefined;
  return keyRingOf('keys', given, faults);
}

/** Client secrets that were current before: Meveto made them, so that their strength is not for the application to mend. */
export function previousSecretsOf(given: unknown, faults: Faults): readonly string[] {
  if (given === undefined) return [];
  if (Array.isArray(given) && given.every(isSecret)) return given;
  faults.add('previousClientSecrets: wanted a list of non-empty strings. Leave it out if there are none.');
  return [];
}

function weaknessOf(material: unknown): string | undefined {
  const isText = typeof material === 'string';
  if (!isText && !(material instanceof Uint8Array)) return 'wanted text or bytes.';
  const bytes = isText ? Buffer.from(material) : material;
  if (bytes.length < MIN_BYTES) {
    return `got ${String(bytes.length)} bytes, wanted at least ${String(MIN_BYTES)}: too short to be a key.`;
  }
  return new Set(bytes).size < MIN_DISTINCT
    ? 'it repeats a few bytes: not random enough to be a key.'
    : undefined;
}

const isSecret = (secret: unknown): secret is string => typeof secret === 'string' && secret.trim() !== '';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
