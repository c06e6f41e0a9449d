import { Inject, Injectable } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { MevetoEvents } from '../core/index.js';
import { LogoutCache } from '../logouts/index.js';
import { announceWith, closeAdapter } from './best-effort.js';
import { LivePush } from './live-push.port.js';

/** Passes every logout that this process learns of to the live push. */
@Injectable()
export class LogoutAnnouncer {
  #logouts: Subscription | undefined;

  constructor(
    @Inject(LogoutCache) private readonly cache: LogoutCache,
    @Inject(LivePush) private readonly livePush: LivePush,
    @Inject(MevetoEvents) private readonly events: MevetoEvents,
  ) {}

  start(): void {
    this.#logouts = this.cache.logouts$.subscribe((logout) => {
      announceWith(this.livePush, logout, this.events);
    });
  }

  async stop(): Promise<void> {
    this.#logouts?.unsubscribe();
    await closeAdapter(this.livePush, this.events);
  }
}
