import { Injectable } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import type { FinalState } from '../store/index.js';

/** A job has finished and its outcome is committed. */
export interface JobFinished {
  readonly state: FinalState;
  /** Digest of the job's token, if this process knows it. */
  readonly digest: string | undefined;
}

/** Whose jobs have arrived: those of unknown senders only, or also others. */
export type Arrival = 'unknown-senders' | 'any';

/** Signals between the parts of this process: what a part must do now. What happened is an event of `events.ts`. */
@Injectable()
export class JobEvents {
  readonly #finished = new Subject<JobFinished>();
  readonly #arrived = new Subject<Arrival>();
  readonly #outageEnded = new Subject<void>();
  readonly #listRead = new Subject<number>();
  readonly finished$: Observable<JobFinished> = this.#finished.asObservable();
  /** Meveto answers again after an outage. */
  readonly outageEnded$: Observable<void> = this.#outageEnded.asObservable();
  /** The whole list of pending webhooks was read. The value is the start of that pass, by the store's clock. */
  readonly listRead$: Observable<number> = this.#listRead.asObservable();
  /** Jobs are ready to be processed. */
  readonly arrived$: Observable<Arrival> = this.#arrived.asObservable();

  finished(state: FinalState, digest?: string): void {
    this.#finished.next({ state, digest });
  }

  listRead(askedAt: number): void {
    this.#listRead.next(askedAt);
  }

  outageEnded(): void {
    this.#outageEnded.next();
  }

  arrived(from: Arrival = 'any'): void {
    this.#arrived.next(from);
  }
}
