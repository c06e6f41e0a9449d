import { Observable, type Observer, Subscriber, type Subscription } from 'rxjs';

type Next<Value> = (value: Value) => unknown;

/**
 * The same values for code of the application. RxJS ends the process when an observer throws. Here the error is passed to `failed`,
 * and so is the rejection of a promise that the observer returns. The same holds for the result of `pipe`.
 */
export const safeObservable = <Value>(
  source: Observable<Value>,
  failed: (error: unknown) => void,
): Observable<Value> => new SafeObservable(source, failed);

class SafeObservable<Value> extends Observable<Value> {
  constructor(
    values$: Observable<Value>,
    private readonly failed: (error: unknown) => void,
  ) {
    super((subscriber) => values$.subscribe(subscriber));
  }

  override pipe(...operators: never[]): Observable<never> {
    const piped = (super.pipe as (...operators: never[]) => Observable<never>).apply(this, operators);
    return new SafeObservable(piped, this.failed);
  }

  override subscribe(
    observer?: Partial<Observer<Value>> | Next<Value> | null,
    error?: ((error: unknown) => unknown) | null,
    complete?: (() => unknown) | null,
  ): Subscription {
    // The subscriber of an operator, or of firstValueFrom: its errors reach the last observer.
    if (observer instanceof Subscriber) return super.subscribe(observer);
    const given =
      typeof observer === 'object' && observer !== null
        ? observer
        : { next: observer ?? undefined, error: error ?? undefined, complete: complete ?? undefined };
    return super.subscribe({
      next: (value) => {
        this.#guarded(() => given.next?.(value));
      },
      error: (reason) => {
        if (given.error === undefined) this.failed(reason);
        else this.#guarded(() => given.error?.(reason));
      },
      complete: () => {
        this.#guarded(() => given.complete?.());
      },
    });
  }

  #guarded(call: () => unknown): void {
    try {
      const result = call();
      if (isThenable(result)) Promise.resolve(result).catch(this.failed);
    } catch (error) {
      this.failed(error);
    }
  }
}

export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
