import fc from 'fast-check';

/** One fuzzed request: any bytes, with any headers that a client can send. */
export interface FuzzedRequest {
  readonly body: Buffer;
  readonly headers: readonly string[];
}

const token = fc.oneof(fc.string({ maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 60 }));
const field = fc.oneof(
  token,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom('User_Logged_Out', '__proto__', 'constructor'),
);

/** Bodies close to a webhook's, to reach the code behind the parser. */
const likeAWebhook = fc
  .record(
    { type: fc.oneof(fc.constant('User_Logged_Out'), field), user_token: field, __proto__: field },
    { requiredKeys: [] },
  )
  .map((value) => JSON.stringify(value));
const json = fc.oneof(
  likeAWebhook,
  fc.json({ maxDepth: 8 }),
  fc.nat(6_000).map((depth) => '['.repeat(depth)),
);
const damaged = fc
  .tuple(likeAWebhook, fc.nat(80), fc.string({ unit: 'binary', maxLength: 4 }))
  .map(([text, at, piece]) => text.slice(0, at) + piece + text.slice(at + 1));
const form = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom('type', 'user_token', '__proto__'), token), token), {
    maxLength: 6,
  })
  .map((fields) =>
    fields
      .map(
        ([name, value]) =>
          `${encodeURIComponent(toWellFormed(name))}=${encodeURIComponent(toWellFormed(value))}`,
      )
      .join('&'),
  );
const text = fc
  .oneof(json, damaged, form, fc.string({ unit: 'binary', maxLength: 300 }))
  .map((each) => Buffer.from(each));
const body = fc.oneof(
  { weight: 8, arbitrary: text },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.integer({ min: 8_000, max: 20_000 }).map((size) => Buffer.alloc(size, 'x')) },
);

const headerText = fc.stringMatching(/^[\x21-\x7e]([\x20-\x7e]{0,40}[\x21-\x7e])?$/);
const contentType = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('application/json', 'application/x-www-form-urlencoded') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'application/json; charset=utf-8',
      'text/plain',
      'application/json; charset="',
      'a/b/c;;',
    ),
  },
  { weight: 1, arbitrary: headerText },
);
const header = fc
  .tuple(
    fc.constantFrom(
      'Content-Encoding',
      'Accept',
      'Origin',
      'X-Forwarded-For',
      'Cookie',
      'Authorization',
      'Range',
    ),
    headerText,
  )
  .map(([name, value]) => `${name}: ${value}`);

export const fuzzedRequest: fc.Arbitrary<FuzzedRequest> = fc
  .tuple(
    body,
    contentType,
    fc.oneof(
      { weight: 4, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(header, { maxLength: 3 }) },
    ),
  )
  .map(([bytes, type, headers]) => ({ body: bytes, headers: [`Content-Type: ${type}`, ...headers] }));

/** Lone surrogates cannot be percent-encoded. */
const toWellFormed = (value: string): string => Buffer.from(value).toString();
