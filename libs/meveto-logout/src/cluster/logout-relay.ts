import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { KnownLogouts } from '../logout/known-logouts.js';
import type { Logout } from '../model/logout.js';
import { Counters } from '../observe/counters.js';
import { TokenVault } from '../secrets/token-vault.js';
import { ClusterBus } from './cluster-bus.port.js';
import { logoutsOf, messagesOf } from './cluster-message.js';

/** Tells other replicas of the logouts that this one has committed, and takes in what they tell. */
@Injectable()
export class LogoutRelay {
  readonly #logger = new Logger('MevetoLogout');
  readonly #subscriptions: Subscription[] = [];
  #waiting: Logout[] = [];
  #hasWarned = false;

  constructor(
    @Inject(KnownLogouts) private readonly known: KnownLogouts,
    @Inject(ClusterBus) private readonly bus: ClusterBus,
    @Inject(TokenVault) private readonly keys: TokenVault,
    @Inject(Counters) private readonly counters: Counters,
  ) {}

  start(): void {
    this.#subscriptions.push(
      this.known.logouts$.subscribe(({ source, userId, loggedOutAt }) => {
        if (source === 'own-commit') this.#tell({ userId, loggedOutAt });
      }),
      this.bus.messages$.subscribe((message) => {
        this.#hear(message);
      }),
    );
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#flush();
  }

  /** Logouts that are committed together leave together. */
  #tell(logout: Logout): void {
    if (!this.bus.reachesReplicas) return;
    if (this.#waiting.push(logout) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const logouts = this.#waiting;
    this.#waiting = [];
    for (const message of messagesOf(logouts, this.keys)) {
      this.bus.send(message);
      this.counters.add('cluster_sent');
    }
  }

  #hear(message: unknown): void {
    const logouts = logoutsOf(message, this.keys);
    if (logouts === undefined) {
      this.#refuse();
      return;
    }
    this.counters.add('cluster_received');
    for (const logout of logouts) this.known.learn(logout, 'cluster');
  }

  #refuse(): void {
    this.counters.add('cluster_refused');
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#logger.warn(
      'A message of the cluster adapter was not understood and has been ignored. Another application, or a replica with ' +
        'other keys, uses the same channel: give each application a channel prefix of its own.',
    );
  }
}
