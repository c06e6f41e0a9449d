import { isThenable } from './read-sessions.js';
import { InvalidTokenException } from './token-texts.js';

const MAX_CANDIDATES = 8;
const MAX_CANDIDATE_BYTES = 8_192;
/** The limit for one header value. Node limits all headers to 16 KiB by default. */
const MAX_TEXT_CHARS = 65_536;
/** Distinct pieces of one text to examine, including too large ones. This limits the work. */
const MAX_PIECES = 64;

/** The value that nearly all clients send: every parser extracts the same token from it. */
const PLAIN = /^bearer ([\w.-]+|[\w~+/-]+=*)$/i;
const BEARER = /bearer/i;
const SEPARATOR = /[\s,:]/;
const TOKEN_SCHEME = /^(?:bearer|jwt)(?:\s+|$)/i;
/** Schemes whose credentials are passwords or signatures, never access tokens. */
const IGNORED_SCHEME = /^(?:basic|digest|negotiate|ntlm)(?: |$)/i;
/** Other schemes, with the characters of RFC 9110. A JWT is no scheme. */
const OTHER_SCHEME = /^(?!jwt|[\w-]+\.[\w-]+\.[\w-]+ )[!#$%&'*+.^`|~\w-]{1,32} /i;
/** Three base64url parts, with no further base64url character or dot before or after them. Quotes are left out. */
const JWT = /(?<![\w.-])[\w-]+\.[\w-]+\.[\w-]+(?![\w.-])/g;
const ONE_JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** Lengths of "Bearer " and "JWT ": many applications cut off that many characters unchecked. */
const BEARER_CHARS = 7;
const JWT_CHARS = 4;

export const isJwt = (candidate: string): boolean => ONE_JWT.test(candidate);

/**
 * Returns every value in these texts that an application may use as the access token, each once. Applications parse a text in
 * several ways (`split(' ')[1]`, `slice(7)`, `replace('Bearer ', '')`), and the module cannot know which one applies.
 * @param texts the values of `Authorization` and of a handshake's fields
 * @param isStrict whether texts beyond the limits are always refused, as in a handshake. Otherwise a text with a scheme other
 * than Bearer and JWT, and without the word "Bearer", yields the candidates within the limits.
 * @throws {InvalidTokenException} for more than 8 candidates, or more than 8 KiB of them together; with `isStrict` also for a
 * text of more than 8 KiB
 */
export function tokenCandidates(texts: readonly string[], isStrict: boolean): readonly string[] {
  const plain = texts.length === 1 ? plainTokenOf(texts[0] ?? '') : undefined;
  if (plain !== undefined) return [plain];
  const found = new Set<string>();
  for (const text of texts) {
    if (isStrict && isTooLong(text)) throw new InvalidTokenException();
    const isComplete = addAll(found, text);
    if (!isComplete && (isStrict || !hasOtherScheme(text.trimStart()))) throw new InvalidTokenException();
  }
  return [...found];
}

/** Whether a text is longer than 8 KiB, not counting a leading "Bearer " or "JWT ". */
export const isTooLong = (text: string): boolean =>
  Buffer.byteLength(checkedPartOf(text.trim()).replace(/^(?:bearer|jwt)\s/i, '')) > MAX_CANDIDATE_BYTES;

function plainTokenOf(text: string): string | undefined {
  const token = PLAIN.exec(text)?.[1];
  return token === undefined || token.length > MAX_CANDIDATE_BYTES || BEARER.test(token) ? undefined : token;
}

const hasOtherScheme = (value: string): boolean => OTHER_SCHEME.test(value) && !BEARER.test(value);

/** @returns whether all candidates of the text are within the limits. A too large candidate does not exclude others. */
function addAll(found: Set<string>, text: string): boolean {
  let isComplete = text.length <= MAX_TEXT_CHARS;
  const seen = new Set<string>();
  for (const piece of piecesOf(text.slice(0, MAX_TEXT_CHARS))) {
    const candidate = withoutSeparators(piece.trim());
    if (!isCandidate(candidate) || found.has(candidate) || seen.has(candidate)) continue;
    if (found.size === MAX_CANDIDATES || seen.size === MAX_PIECES) return false;
    seen.add(candidate);
    if (isWithinBytes(found, candidate)) found.add(candidate);
    else isComplete = false;
  }
  return isComplete;
}

/** A loop: a regular expression for the end of a text takes quadratic time. */
function withoutSeparators(piece: string): string {
  let [start, end] = [0, piece.length];
  while (start < end && SEPARATOR.test(piece.charAt(start))) start += 1;
  while (start < end && SEPARATOR.test(piece.charAt(end - 1))) end -= 1;
  return piece.slice(start, end);
}

const isCandidate = (piece: string): boolean => piece !== '' && !/^(?:bearer|jwt)$/i.test(piece);

/** A candidate that is part of another candidate, such as the token of a text, does not count again. */
function isWithinBytes(found: ReadonlySet<string>, candidate: string): boolean {
  if (candidate.length > MAX_CANDIDATE_BYTES) return false;
  const all = [...found, candidate];
  const bytesOf = (candidates: readonly string[]) =>
    candidates.reduce((bytes, one) => bytes + Buffer.byteLength(one), 0);
  if (bytesOf(all) <= MAX_CANDIDATE_BYTES) return true;
  const isPart = (one: string) => all.some((other) => other !== one && other.includes(one));
  return bytesOf(all.filter((one) => !isPart(one))) <= MAX_CANDIDATE_BYTES;
}

/**
 * The token that the option `token` returned.
 * @throws {InvalidTokenException} when the token is longer than 8 KiB
 * @throws {TypeError} when the value is not a string, null or undefined
 */
export function namedCandidate(token: unknown): readonly string[] {
  if (token === undefined || token === null) return [];
  if (typeof token !== 'string') {
    // Nothing awaits this promise. An unhandled rejection would end the process.
    Promise.resolve(token).catch(() => undefined);
    throw new TypeError(
      `The option token returned ${isThenable(token) ? 'a promise' : `a value of type ${typeof token}`}. Return the token ` +
        'synchronously as a string, or undefined if there is none.',
    );
  }
  const named = token.trim().replace(TOKEN_SCHEME, '');
  if (Buffer.byteLength(named) > MAX_CANDIDATE_BYTES) throw new InvalidTokenException();
  return named === '' ? [] : [named];
}

/** Yields the results of usual parsers, then JWTs, then words. The whole value comes first: its parts then add no bytes. */
function* piecesOf(text: string): Iterable<string> {
  const trimmed = text.trim();
  const value = checkedPartOf(trimmed);
  if (value === '') return;
  const parsed = [
    value.replace(TOKEN_SCHEME, ''),
    // If only a part of the text is checked, the rest is ignored.
    ...(value === trimmed ? parsedBySpace(text) : []),
    ...parsedBySpace(value),
    ...byScheme(value),
  ];
  yield* parsed;
  for (const piece of parsed) for (const [jwt] of piece.matchAll(JWT)) yield jwt;
  for (const [word] of value.matchAll(/\S+/g)) yield word;
  for (const [word] of value.matchAll(/[^\s,:]+/g)) yield word;
}

const parsedBySpace = (text: string): readonly string[] => [
  text.split(' ', 2)[1] ?? '',
  text.slice(BEARER_CHARS),
];

/** The trimmed text. After an ignored scheme: the part from a later "Bearer" or "JWT" on, or the empty string. */
function checkedPartOf(value: string): string {
  const scheme = IGNORED_SCHEME.exec(value)?.[0];
  if (scheme === undefined) return value;
  const rest = value.slice(scheme.length);
  const later = /bearer|(?<![^\s,:])jwt(?=[\s,:])/i.exec(rest);
  return later === null ? '' : rest.slice(later.index);
}

/** The value without the scheme, as by `replace('Bearer ', '')`, and the word after the scheme, as by `split('Bearer ')[1]`. */
const byScheme = (value: string): readonly string[] => [
  ...(/jwt\s/i.test(value) ? [value.replace(/jwt\s+/i, '')] : []),
  ...(/^jwt/i.test(value) ? [value.slice(JWT_CHARS), value.replace(/^jwt[\s,:]*/i, '')] : []),
  ...(BEARER.test(value) ? byBearer(value) : []),
];

function byBearer(value: string): readonly string[] {
  const parts = value.split(/bearer\s*/i);
  const afterFirst = value.replace(/^.*?bearer\s*/is, '');
  const afterLast = parts.at(-1) ?? '';
  return [
    value.replace(/bearer\s*/i, ''),
    parts.join(''),
    ...[afterFirst, afterLast].flatMap((after) => firstWordsOf(after.replace(/^[\s,:]+/, ''))),
  ];
}

const firstWordsOf = (text: string): readonly string[] => [
  text.replace(/\s.*$/s, ''),
  text.replace(/[\s,:].*$/s, ''),
];
