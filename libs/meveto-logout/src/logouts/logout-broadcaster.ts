import { Inject, Injectable } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { LogoutCache } from './logout-cache.js';
import type { Logout } from '../store/index.js';
import { KeyedDigest, MevetoEvents } from '../core/index.js';
import { ClusterBus } from './cluster-bus.port.js';
import { logoutsOf, messagesOf } from './cluster-message.js';
import { logoutsEvents } from './events.js';

/**
 * Sends the logouts that this replica committed to the other replicas, and adds the logouts of their messages to the
 * cache.
 */
@Injectable()
export class LogoutBroadcaster {
  readonly #subscriptions: Subscription[] = [];
  #waiting: Logout[] = [];

  constructor(
    @Inject(LogoutCache) private readonly cache: LogoutCache,
    @Inject(ClusterBus) private readonly bus: ClusterBus,
    @Inject(KeyedDigest) private readonly digests: KeyedDigest,
    @Inject(MevetoEvents) private readonly events: MevetoEvents,
  ) {}

  start(): void {
    this.#subscriptions.push(
      this.cache.logouts$.subscribe((logout) => {
        if (logout.source === 'own-commit') this.#enqueue(logout);
      }),
      this.bus.messages$.subscribe((message) => {
        this.#receive(message);
      }),
    );
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#flush();
  }

  /** Logouts that are committed in the same turn share a message. */
  #enqueue(logout: Logout): void {
    if (!this.bus.reachesReplicas) return;
    if (this.#waiting.push(logout) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const logouts = this.#waiting;
    this.#waiting = [];
    for (const message of messagesOf(logouts, this.digests)) {
      this.bus.send(message);
      this.events.emit(logoutsEvents.MEVETO_CLUSTER_MESSAGE_SENT);
    }
  }

  #receive(message: unknown): void {
    const logouts = logoutsOf(message, this.digests);
    if (logouts === undefined) {
      this.events.emit(logoutsEvents.MEVETO_CLUSTER_MESSAGE_REFUSED);
      return;
    }
    this.events.emit(logoutsEvents.MEVETO_CLUSTER_MESSAGE_RECEIVED, { logoutCount: logouts.length });
    for (const logout of logouts) this.cache.learn(logout, 'cluster');
  }
}
