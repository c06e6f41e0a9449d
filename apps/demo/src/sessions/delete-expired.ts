import { type FindOperator, In, LessThan } from 'typeorm';

const BATCH = 200;

/** The common part of sessions and access tokens. */
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

/** Deletes all expired rows in batches. The deletion checks the expiry again: a touch may have come between. */
export async function deleteExpired(rows: ExpiringRows): Promise<void> {
  const expired = { expiresAt: LessThan(Date.now()) };
  for (;;) {
    const batch = await rows.find({ select: { id: true }, where: expired, take: BATCH });
    if (batch.length === 0) return;
    await rows.delete({ ...expired, id: In(batch.map(({ id }) => id)) as FindOperator<string> });
  }
}
