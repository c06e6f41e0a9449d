import { validateCronExpression } from 'cron';
import { type Faults, group, isObject, type Option, path, quoted, type TableOf } from '../core/index.js';
import type { ReconcileOptions } from './options.js';
import type { PendingWebhookSource } from './pending-webhook-source.js';

const EVERY_FIVE_MINUTES = '0 */5 * * * *';

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

const source: Option<PendingWebhookSource | undefined> = {
  shape: 'object with a method `page`',
  byDefault: 'none',
  read: (name, given, faults) => {
    if (given === undefined) return undefined;
    if (isSource(given)) return given;
    faults.add(`${name}: expected an object with a method page(cursor, { signal, get }).`);
    return undefined;
  },
};

const isSource = (value: unknown): value is PendingWebhookSource =>
  isObject(value) && typeof value['page'] === 'function';

const reconcileTable = {
  cron,
  path: path('/api/client/webhooks/pending'),
  source,
} satisfies TableOf<ReconcileOptions>;

export const reconcileOptions = group(reconcileTable, refuseBesideSource);

/** A source knows itself where the list is. */
function refuseBesideSource(name: string, given: Readonly<Record<string, unknown>>, faults: Faults): void {
  if (!isSource(given['source']) || given['path'] === undefined) return;
  faults.add(`${name}.source: takes the place of ${name}.path. Leave that out.`);
}
