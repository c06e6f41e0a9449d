import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import type { Namespace } from 'socket.io';
import { ClusterBus, type ClusterMessage } from '../../logouts/index.js';

const EVENT = 'meveto-logout:logouts';

/**
 * Uses the application's own Socket.IO adapter as the bus between replicas: Redis, Redis streams, PostgreSQL or any
 * other.
 */
@Injectable()
export class SocketIoClusterBus extends ClusterBus {
  override readonly label = 'Socket.IO adapter';
  readonly #messages = new Subject<unknown>();
  #namespace: Namespace | undefined;

  override readonly messages$: Observable<unknown> = this.#messages.asObservable();

  override get reachesReplicas(): boolean {
    return this.#namespace !== undefined && sendsToOthers(this.#namespace.adapter);
  }

  attach(namespace: Namespace): void {
    this.#namespace = namespace;
    namespace.on(EVENT, (message: unknown) => {
      this.#messages.next(message);
    });
  }

  override send(message: ClusterMessage): void {
    if (!this.reachesReplicas) return;
    try {
      this.#namespace?.serverSideEmit(EVENT, message);
    } catch {
      // The other replicas learn of the logout from the store.
    }
  }
}

/** The base adapter reaches this process only; its `serverSideEmit` just logs a warning. */
function sendsToOthers(adapter: object): boolean {
  let owner: object | null = adapter;
  while (owner !== null && !Object.hasOwn(owner, 'serverSideEmit')) owner = prototypeOf(owner);
  return owner !== null && prototypeOf(owner) !== EventEmitter.prototype;
}

const prototypeOf = (value: object): object | null => Object.getPrototypeOf(value) as object | null;
