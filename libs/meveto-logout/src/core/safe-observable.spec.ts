import { describe, expect, it } from '@jest/globals';
import { filter, firstValueFrom, map, Subject } from 'rxjs';
import { until } from '../../spec-support/until.js';
import { safeObservable } from './safe-observable.js';

const fail = (): never => {
  throw new RangeError('an observer');
};

/** A source, and what its observers failed with. */
function guarded() {
  const source = new Subject<number>();
  const failures: unknown[] = [];
  const safe$ = safeObservable(source, (error) => failures.push(error));
  return { source, safe$, failures };
}

describe('safeObservable', () => {
  it('passes values, an error and the end to its observers', () => {
    const { source, safe$ } = guarded();
    const seen: unknown[] = [];
    safe$.subscribe((value) => seen.push(value));
    safe$.subscribe({ next: (value) => seen.push(value), complete: () => seen.push('end') });
    source.next(1);
    source.complete();
    expect(seen).toEqual([1, 1, 'end']);

    const failing = guarded();
    failing.safe$.subscribe({ error: (error) => seen.push(error) });
    failing.source.error('broken');
    expect(seen.at(-1)).toBe('broken');
    expect(failing.failures).toEqual([]);
  });

  // An error that RxJS throws later fails the whole test run.
  it('reports an observer that throws, and goes on telling it and others', () => {
    const { source, safe$, failures } = guarded();
    const seen: number[] = [];
    safe$.subscribe(fail);
    safe$.subscribe({ next: fail });
    safe$.subscribe((value) => seen.push(value));
    source.next(1);
    source.next(2);
    expect(seen).toEqual([1, 2]);
    expect(failures).toHaveLength(4);
  });

  it('reports an observer of a pipe that throws, and an operator that throws', () => {
    const { source, safe$, failures } = guarded();
    safe$
      .pipe(
        filter((value) => value > 0),
        map((value) => value + 1),
      )
      .subscribe(fail);
    safe$.pipe(map(fail)).subscribe();
    safe$
      .pipe(map((value) => value))
      .pipe(map((value) => value))
      .subscribe({ next: fail, complete: fail });
    source.next(1);
    source.complete();
    expect(failures).toHaveLength(4);
  });

  it('reports a rejected promise of an observer', async () => {
    const { source, safe$, failures } = guarded();
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- what an application may do
    safe$.subscribe(() => Promise.reject(new RangeError('later')));
    source.next(1);
    await until('the failure is reported', () => failures.length === 1);
  });

  it('serves firstValueFrom, and ends with a subscription', async () => {
    const { source, safe$ } = guarded();
    const first = firstValueFrom(safe$.pipe(map((value) => value * 2)));
    source.next(21);
    expect(await first).toBe(42);
    const subscription = safe$.subscribe(fail);
    subscription.unsubscribe();
    expect(source.observed).toBe(false);
  });
});
