import { describe, expect, it } from '@jest/globals';
import { LogoutMetrics } from './logout-metrics.js';

const STATUS = {
  calls: { pending: 2, applied: 7, rejected: 0, unknown_user: 0, ambiguous: 1, expired: 0 },
  oldestPendingAgeMs: 1500,
  logoutStateAgeMs: 250,
  counters: { webhook_accepted: 9 },
};

describe('LogoutMetrics', () => {
  it('shows every state, and current counters at every read', async () => {
    const metrics = new LogoutMetrics();
    await metrics.render(STATUS);
    const text = await metrics.render(STATUS);
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
      'meveto_logout_calls{state="pending"} 2',
      'meveto_logout_calls{state="applied"} 7',
      'meveto_logout_calls{state="rejected"} 0',
      'meveto_logout_calls{state="unknown_user"} 0',
      'meveto_logout_calls{state="ambiguous"} 1',
      'meveto_logout_calls{state="expired"} 0',
      'meveto_logout_events_total{event="webhook_accepted"} 9',
      'meveto_logout_oldest_pending_seconds 1.5',
      'meveto_logout_knowledge_age_seconds 0.25',
    ]);
  });
});
