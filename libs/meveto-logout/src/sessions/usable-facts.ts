import type { SessionFacts } from './session.js';
import { OneWarning } from '../core/index.js';
import { isUserId } from './instant.js';

/** One warning per reader or function that returned facts without a usable user id. */
const warnings = new WeakMap<object, OneWarning>();

/**
 * Returns the facts if they have a usable user id. Otherwise returns undefined, with one warning per source.
 * @param by the session reader or function that returned the facts
 * @param name the name of this source in the warning
 */
export function usableFacts(
  facts: SessionFacts | null | undefined,
  by: object,
  name: string,
): SessionFacts | undefined {
  if (facts === undefined || facts === null) return undefined;
  if (isUserId(facts.userId)) return facts;
  const warning = warnings.get(by) ?? new OneWarning(textFor(name));
  warnings.set(by, warning);
  warning.pass();
  return undefined;
}

const textFor = (name: string): string =>
  `${name} returned a session without a usable user id: the session is ignored, and no logout ends it. Return ` +
  '{ userId, signedInAt } with a userId that is a string, a number or a bigint, or undefined if there is no session.';
