import { Injectable } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import type { FinalState } from '../model/call.js';

/** The end of one call, after its commit. */
export interface CallEnded {
  readonly state: FinalState;
}

/** What happens to calls in this process, for whoever must act on it. */
@Injectable()
export class CallEvents {
  readonly #ended = new Subject<CallEnded>();
  readonly #arrived = new Subject<void>();
  readonly ended$: Observable<CallEnded> = this.#ended.asObservable();
  /** There is a new call to work on. */
  readonly arrived$: Observable<void> = this.#arrived.asObservable();

  ended(state: FinalState): void {
    this.#ended.next({ state });
  }

  arrived(): void {
    this.#arrived.next();
  }
}
