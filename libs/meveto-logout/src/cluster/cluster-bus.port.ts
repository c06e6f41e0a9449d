import type { Observable } from 'rxjs';
import type { ClusterMessage } from './cluster-message.js';

/**
 * Carries messages between the replicas of the application. Best effort: what is lost, the next look at the store brings.
 */
export abstract class ClusterBus {
  /** What other replicas, or anybody else on the same channel, have sent. Anything may come. */
  abstract readonly messages$: Observable<unknown>;

  /** Whether there is a way to other processes at all, working at the moment or not. */
  abstract readonly reachesReplicas: boolean;

  /** Sends to all other replicas. Returns at once and never throws. */
  abstract send(message: ClusterMessage): void;
}
