/**
 * Where to find each value in a page of the list of pending webhooks: names, or paths of names with dots. `webhooks`, `next` and
 * `status` start at the whole answer, the others at one entry of `webhooks`.
 */
export interface PendingFields {
  readonly status: string;
  readonly webhooks: string;
  readonly next: string;
  readonly id: string;
  readonly type: string;
  readonly userToken: string;
  readonly createdAt: string;
}

/** The assumed shape of Meveto's answer, see docs/protocol.md#list-of-pending-webhooks. */
export const DEFAULT_FIELDS: PendingFields = {
  status: 'status',
  webhooks: 'payload.webhooks',
  next: 'payload.next',
  id: 'id',
  type: 'type',
  userToken: 'user_token',
  createdAt: 'created_at',
};
export const DEFAULT_STATUS = 'Pending_Webhooks_Retrieved';

/** Returns the value at a path; undefined when there is none. Only own properties count. */
export function valueAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (inner, name) =>
        typeof inner === 'object' && inner !== null && Object.hasOwn(inner, name)
          ? (inner as Record<string, unknown>)[name]
          : undefined,
      value,
    );
}
