import { Injectable } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import type { FinalState } from '../model/call.js';

/** The end of one call, after its commit. */
export interface CallEnded {
  readonly state: FinalState;
  /** The digest of its token, if it is known here. */
  readonly digest: string | undefined;
}

/** What happens to calls in this process, for whoever must act on it. */
@Injectable()
export class CallEvents {
  readonly #ended = new Subject<CallEnded>();
  readonly #arrived = new Subject<void>();
  readonly #rejected = new Subject<string>();
  readonly #outageEnded = new Subject<void>();
  readonly #listRead = new Subject<number>();
  readonly ended$: Observable<CallEnded> = this.#ended.asObservable();
  /** The digest of a token that Meveto called bad. */
  readonly rejected$: Observable<string> = this.#rejected.asObservable();
  /** Meveto answers again after a while of silence. */
  readonly outageEnded$: Observable<void> = this.#outageEnded.asObservable();
  /** Meveto's pending list was read to its end: the store's clock when that began. */
  readonly listRead$: Observable<number> = this.#listRead.asObservable();
  /** There is a new call to work on. */
  readonly arrived$: Observable<void> = this.#arrived.asObservable();

  ended(state: FinalState, digest?: string): void {
    this.#ended.next({ state, digest });
  }

  rejected(digest: string): void {
    this.#rejected.next(digest);
  }

  listRead(askedAt: number): void {
    this.#listRead.next(askedAt);
  }

  outageEnded(): void {
    this.#outageEnded.next();
  }

  arrived(): void {
    this.#arrived.next();
  }
}
