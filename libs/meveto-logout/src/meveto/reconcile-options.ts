import { validateCronExpression } from 'cron';
import {
  type Faults,
  group,
  isObject,
  nameLike,
  type Option,
  path,
  quoted,
  requiredText,
  type TableOf,
} from '../core/index.js';
import type { ReconcileOptions } from './options.js';
import type { PendingWebhookSource } from './pending-webhook-source.js';
import { DEFAULT_FIELDS, DEFAULT_STATUS, type PendingFields } from './pending-fields.js';

const EVERY_FIVE_MINUTES = '0 */5 * * * *';
const PARAMETER = /^[\w.~[\]-]{1,64}$/;
const FIELD = /^[\w$-]+(\.[\w$-]+)*$/;

type Authentication = NonNullable<ReconcileOptions['authentication']>;

const cron: Option<string> = {
  shape: 'cron expression',
  byDefault: 'every five minutes',
  read: (name, given, faults) => {
    const value = given ?? EVERY_FIVE_MINUTES;
    if (typeof value === 'string' && validateCronExpression(value).valid) return value;
    faults.add(
      `${name}: got ${quoted(value)}, expected a cron expression of five fields, or six with seconds. ` +
        `Example: '${EVERY_FIVE_MINUTES}' for every five minutes.`,
    );
    return EVERY_FIVE_MINUTES;
  },
};

const authentication: Option<Authentication> = {
  shape: "'basic' or a function",
  byDefault: "'basic'",
  read: (name, given, faults) => {
    if (given === undefined || given === 'basic') return 'basic';
    if (typeof given === 'function') return given as Authentication;
    faults.add(
      `${name}: expected 'basic' or a function that gives headers. ` +
        'Example: () => ({ Authorization: `Bearer ${token}` }).',
    );
    return 'basic';
  },
};

const requiredStatus = requiredText('Give false to accept any status.');

/** Resolves to undefined for any status. */
const expectedStatus: Option<string | undefined> = {
  shape: 'text or false',
  byDefault: `'${DEFAULT_STATUS}'`,
  read: (name, given, faults) => {
    const status = given ?? DEFAULT_STATUS;
    if (status === false) return undefined;
    return requiredStatus.read(name, status, faults);
  },
};

const fieldsTable = {
  status: nameLike(DEFAULT_FIELDS.status, FIELD),
  webhooks: nameLike(DEFAULT_FIELDS.webhooks, FIELD),
  next: nameLike(DEFAULT_FIELDS.next, FIELD),
  id: nameLike(DEFAULT_FIELDS.id, FIELD),
  type: nameLike(DEFAULT_FIELDS.type, FIELD),
  userToken: nameLike(DEFAULT_FIELDS.userToken, FIELD),
  createdAt: nameLike(DEFAULT_FIELDS.createdAt, FIELD),
} satisfies TableOf<PendingFields>;

const source: Option<PendingWebhookSource | undefined> = {
  shape: 'object with a method `page`',
  byDefault: 'none',
  read: (name, given, faults) => {
    if (given === undefined) return undefined;
    if (isSource(given)) return given;
    faults.add(`${name}: expected an object with a method page(cursor, signal).`);
    return undefined;
  },
};

const isSource = (value: unknown): value is PendingWebhookSource =>
  isObject(value) && typeof value['page'] === 'function';

const reconcileTable = {
  cron,
  path: path('/api/client/webhooks/pending'),
  authentication,
  cursorParameter: nameLike('cursor', PARAMETER),
  expectedStatus,
  fields: group(fieldsTable),
  source,
} satisfies TableOf<ReconcileOptions>;

export const reconcileOptions = group(reconcileTable, refuseBesideSource);

/** A source replaces the options that describe where and how the list is read. */
function refuseBesideSource(name: string, given: Readonly<Record<string, unknown>>, faults: Faults): void {
  if (!isSource(given['source'])) return;
  const idle = ['path', 'authentication', 'cursorParameter', 'expectedStatus', 'fields']
    .filter((each) => given[each] !== undefined)
    .map((each) => `${name}.${each}`);
  if (idle.length > 0) faults.add(`${name}.source: takes the place of ${idle.join(', ')}. Leave that out.`);
}
