import { randomBytes } from 'node:crypto';
import type { Current } from './opened-store.js';
import type { Tests } from './tests.js';

/** The naming key of every store. */
export function namingKey({ expect, it }: Tests, current: Current): void {
  it('namingKey returns the key that was passed first', async () => {
    const { store } = current();
    const first = await store.namingKey(randomBytes(32));
    expect(first).toHaveLength(32);
    expect(Buffer.from(await store.namingKey(randomBytes(32)))).toEqual(Buffer.from(first));
  });
}
