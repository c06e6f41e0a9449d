/**
 * Where things stand in a page of the pending list: names, or paths of names with dots. `calls`, `next` and `status` start at
 * the whole answer, the others at one entry of `calls`.
 */
export interface PendingFields {
  readonly status: string;
  readonly calls: string;
  readonly next: string;
  readonly id: string;
  readonly type: string;
  readonly userToken: string;
  readonly createdAt: string;
}

/** How Meveto's answer is taken to look: an assumption, see docs/protocol.md#pending-calls. */
export const DEFAULT_FIELDS: PendingFields = {
  status: 'status',
  calls: 'payload.webhooks',
  next: 'payload.next',
  id: 'id',
  type: 'type',
  userToken: 'user_token',
  createdAt: 'created_at',
};
export const DEFAULT_STATUS = 'Pending_Webhooks_Retrieved';

/** What stands there; undefined when there is nothing. Only own properties count. */
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
