import type { Endpoint } from '../faults/fault.js';
import type { Answer } from './answer.js';
import type { Incoming } from './incoming.js';

/** What answers the requests of a method and path. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** Path of segments; `*` stands for any segment. */
  readonly path: string;
  /** @param segments the segments in place of `*` */
  readonly handle: (request: Incoming, ...segments: readonly string[]) => Answer | Promise<Answer>;
  /** The planned faults of this endpoint apply. */
  readonly endpoint?: Exclude<Endpoint, 'webhook'>;
}

/** The segments in place of `*` if the route has this method and path. */
export function matched(
  { method, path }: Route,
  request: Pick<Incoming, 'method' | 'segments'>,
): readonly string[] | undefined {
  const own = path.split('/').filter((segment) => segment !== '');
  const { segments } = request;
  if (method !== request.method || own.length !== segments.length) return undefined;
  if (!own.every((segment, index) => segment === '*' || segment === segments[index])) return undefined;
  return segments.filter((_segment, index) => own[index] === '*');
}
