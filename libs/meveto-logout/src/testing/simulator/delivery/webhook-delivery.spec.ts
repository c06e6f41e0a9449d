import { describe, expect, it } from '@jest/globals';
import { WebhookDelivery } from './webhook-delivery.js';

const EVENT = {
  type: 'User_Logged_Out',
  clientId: 'shop',
  mevetoId: 'meveto-alice',
  userToken: 'token',
  createdAt: 1_000,
} as const;

describe('WebhookDelivery', () => {
  it('tries again 60 s after the first failure, and then after twice the time', () => {
    const delivery = new WebhookDelivery(1, EVENT, { retryDelayMs: 60_000, attemptCount: 4 });
    const waits: unknown[] = [];
    for (const endedAt of [2_000, 70_000, 300_000, 600_000]) {
      delivery.beginAttempt(endedAt - 500);
      delivery.endAttempt({ kind: 'status', status: 500 }, endedAt);
      waits.push(delivery.nextAttemptAt === undefined ? undefined : delivery.nextAttemptAt - endedAt);
    }
    expect(waits).toEqual([60_000, 120_000, 240_000, undefined]);
    expect(delivery.state).toBe('failed');
  });

  it.each([200, 204, 299])('accepts %i as an acknowledgement', (status) => {
    const delivery = new WebhookDelivery(1, EVENT, { retryDelayMs: 1, attemptCount: 3 });
    delivery.beginAttempt(1_000);
    delivery.endAttempt({ kind: 'status', status }, 1_001);
    expect(delivery.state).toBe('acknowledged');
  });
});
