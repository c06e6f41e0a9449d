import { Inject, Injectable } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { KnownLogouts } from '../logout/known-logouts.js';
import { announceBy, closeWay } from './best-effort.js';
import { LivePush } from './live-push.port.js';

/** Passes every logout that this process learns of to the live push. */
@Injectable()
export class LogoutAnnouncer {
  #logouts: Subscription | undefined;

  constructor(
    @Inject(KnownLogouts) private readonly known: KnownLogouts,
    @Inject(LivePush) private readonly livePush: LivePush,
  ) {}

  start(): void {
    this.#logouts = this.known.logouts$.subscribe((logout) => {
      announceBy(this.livePush, logout);
    });
  }

  async stop(): Promise<void> {
    this.#logouts?.unsubscribe();
    await closeWay(this.livePush);
  }
}
