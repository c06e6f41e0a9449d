import type { SessionFacts } from './session.js';
import { OneWarning } from '../core/index.js';
import { type FactOf, readFact, type ReadFact } from './fact-of.js';
import { isUserId } from './instant.js';
import type { SessionRequest } from './session-reader.port.js';

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
  readonly #missing: OneWarning;
  readonly #unusable: OneWarning;
  readonly #several: OneWarning;

  constructor({ holder, reader, userId, usual, mayBeMissing = false }: UserIdPlaces) {
    this.#reads = (userId === undefined ? usual : [userId]).map(readFact);
    this.#mayBeMissing = mayBeMissing;
    const places =
      userId === undefined ? usual.join(', ') : typeof userId === 'string' ? userId : 'a function';
    this.#missing = new OneWarning(
      `${reader}: there is no user id in ${holder} (read: ${places}). Such requests pass without a session, and no logout ends ` +
        `their sessions. Name the place of the id, a property or a path: ${reader}({ userId: 'account.id' }).`,
    );
    this.#unusable = new OneWarning(
      `${reader}: a user id in ${holder} is ignored, since it is no string, number or bigint (read: ${places}). Without another id ` +
        `such requests pass without a session. Name the place of the id itself: ${reader}({ userId: 'account.id' }).`,
    );
    this.#several = new OneWarning(
      `${reader}: there are different user ids in ${holder} (read: ${places}), and the first one is used. Name the place of the id ` +
        `that the store has: ${reader}({ userId: '${usual[0] ?? 'id'}' }).`,
    );
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
        this.#several.pass();
      }
    }
    if (isUnusable) this.#unusable.pass();
    else if (found === undefined && !this.#mayBeMissing) this.#missing.pass();
    return found;
  }
}

/** Whether there is no value at all, as opposed to a value that cannot be an id. */
const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === '';
