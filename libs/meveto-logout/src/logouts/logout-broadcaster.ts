import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { LogoutCache } from './logout-cache.js';
import type { Logout } from '../store/index.js';
import { Counters, KeyedDigest } from '../core/index.js';
import { ClusterBus } from './cluster-bus.port.js';
import { logoutsOf, messagesOf } from './cluster-message.js';

/**
 * Sends the logouts that this replica committed to the other replicas, and adds the logouts of their messages to the
 * cache.
 */
@Injectable()
export class LogoutBroadcaster {
  readonly #logger = new Logger('MevetoLogout');
  readonly #subscriptions: Subscription[] = [];
  #waiting: Logout[] = [];
  #hasWarned = false;

  constructor(
    @Inject(LogoutCache) private readonly cache: LogoutCache,
    @Inject(ClusterBus) private readonly bus: ClusterBus,
    @Inject(KeyedDigest) private readonly digests: KeyedDigest,
    @Inject(Counters) private readonly counters: Counters,
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
      this.counters.add('cluster_sent');
    }
  }

  #receive(message: unknown): void {
    const logouts = logoutsOf(message, this.digests);
    if (logouts === undefined) {
      this.#refuse();
      return;
    }
    this.counters.add('cluster_received');
    for (const logout of logouts) this.cache.learn(logout, 'cluster');
  }

  #refuse(): void {
    this.counters.add('cluster_refused');
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#logger.warn(
      'A message of the cluster adapter is not valid and was ignored. Another application, or a replica with ' +
        'other keys, uses the same channel: give each application a channel prefix of its own.',
    );
  }
}
