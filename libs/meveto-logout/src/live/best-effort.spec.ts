import { expect, it } from '@jest/globals';
import { toldBy } from '../../spec-support/told-events.js';
import { MevetoEvents } from '../core/meveto-events.js';
import { announceWith } from './best-effort.js';
import { LivePush } from './live-push.port.js';

class FailingPush extends LivePush {
  override async announce(): Promise<void> {
    await Promise.reject(new TypeError('secret'));
  }
}

it('reports an adapter whose announcement is rejected', async () => {
  const events = new MevetoEvents();
  const told = toldBy(events);
  announceWith(
    new FailingPush(),
    { userId: '7', loggedOutAt: 5, reason: 'meveto', source: 'own-commit' },
    events,
  );
  await new Promise(setImmediate);
  expect(told).toMatchObject([
    { code: 'MEVETO_LIVE_PUSH_FAILED', adapter: 'FailingPush', action: 'announce', error: 'TypeError' },
  ]);
});
