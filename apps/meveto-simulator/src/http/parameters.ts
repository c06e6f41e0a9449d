import type { Request } from 'express';

/** Returns a parameter that occurs exactly once, as text. */
export function singleText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A field of a parsed form or JSON body. */
export function bodyText(request: Request, name: string): string | undefined {
  const body: unknown = request.body;
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, name)) return undefined;
  return singleText((body as Record<string, unknown>)[name]);
}
