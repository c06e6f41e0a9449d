import type { Observable } from 'rxjs';
import type { ClusterMessage } from './cluster-message.js';

/**
 * Carries messages between the replicas of the application. Best effort: the next poll of the store finds the logouts
 * of lost messages.
 */
export abstract class ClusterBus {
  /** What the line at start calls this bus. @defaultValue the name of the class */
  readonly label?: string;

  /** Messages of other replicas, and of any other sender on the same channel. May contain anything. */
  abstract readonly messages$: Observable<unknown>;

  /** Whether the bus leads to other processes at all, even if it is down at the moment. */
  abstract readonly reachesReplicas: boolean;

  /** Sends to all other replicas. Returns at once and never throws. */
  abstract send(message: ClusterMessage): void;
}
