import { type Answer, json } from './answer.js';
import type { Incoming } from './incoming.js';

const SAFE_METHODS = ['GET', 'OPTIONS'];

/** Refuses a change that a page of another site requests. Servers send no `Origin` and pass. */
export function refuseForeignOrigin({ method, headers: { origin, host } }: Incoming): Answer | undefined {
  if (SAFE_METHODS.includes(method) || origin === undefined || origin === `http://${host ?? ''}`) {
    return undefined;
  }
  const error_description = 'The request comes from another site.';
  return json({ error: 'foreign_origin', error_description }, 403);
}
