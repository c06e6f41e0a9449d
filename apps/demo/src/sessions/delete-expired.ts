import { type FindOperator, In, LessThan } from 'typeorm';

const BATCH = 200;

/** What sessions and access tokens have in common. */
interface ExpiringRows {
  find(options: {
    readonly select: { readonly id: true };
    readonly where: { readonly expiresAt: FindOperator<number> };
    readonly take: number;
  }): Promise<readonly { readonly id: string }[]>;
  delete(where: {
    readonly expiresAt: FindOperator<number>;
    readonly id: FindOperator<string>;
  }): Promise<unknown>;
}

/**
 * Deletes all rows that have expired, batch by batch. The expiry is asked again with the deletion: a touch may have come
 * in between.
 */
export async function deleteExpired(rows: ExpiringRows): Promise<void> {
  const expired = { expiresAt: LessThan(Date.now()) };
  for (;;) {
    const batch = await rows.find({ select: { id: true }, where: expired, take: BATCH });
    if (batch.length === 0) return;
    await rows.delete({ ...expired, id: In(batch.map(({ id }) => id)) as FindOperator<string> });
  }
}
