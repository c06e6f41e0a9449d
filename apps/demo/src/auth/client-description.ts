const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|HeadlessChrome|CriOS)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:iPhone|iPad)\b/, 'iOS'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
];
const PROGRAM = /^([\w.-]{1,40})(?:\/|$)/;

/**
 * Describes the program that sent a request, so that users recognise their devices. A guess: programs choose their name
 * freely.
 * @returns at most 64 characters
 */
export function describeClient(userAgent = ''): string {
  const browser = nameIn(BROWSERS, userAgent);
  const system = nameIn(SYSTEMS, userAgent);
  if (browser !== undefined) return system === undefined ? browser : `${browser} on ${system}`;
  return PROGRAM.exec(userAgent)?.[1] ?? 'Unknown program';
}

const nameIn = (known: typeof BROWSERS, userAgent: string): string | undefined =>
  known.find(([pattern]) => pattern.test(userAgent))?.[1];
