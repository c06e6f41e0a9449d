/** All orders of the steps, each with the steps that must come before. */
export function ordersOf<Step extends string>(
  before: Readonly<Record<Step, readonly Step[]>>,
  done: readonly Step[] = [],
): Step[][] {
  const steps = Object.keys(before) as Step[];
  const next = steps.filter(
    (step) => !done.includes(step) && before[step].every((each) => done.includes(each)),
  );
  return next.length === 0 ? [[...done]] : next.flatMap((step) => ordersOf(before, [...done, step]));
}

/** An order without one step. */
export const without = (left: string, order: readonly string[]): string =>
  order.filter((step) => step !== left).join();

/** A smaller set of orders that still contains every order of all but one of the steps `lefts`. */
export function covering<Step extends string>(
  orders: readonly Step[][],
  lefts: readonly Step[],
): readonly Step[][] {
  const seen = new Set<string>();
  return orders.filter((order) => {
    const parts = lefts.map((left) => without(left, order));
    const isNew = parts.some((part) => !seen.has(part));
    for (const part of parts) seen.add(part);
    return isNew;
  });
}
