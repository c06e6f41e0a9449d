import type { Request, Response } from 'express';
import type { Directory, Person } from '../directory.js';

// A distinct name: cookies ignore ports, and the application usually runs on the same host.
const COOKIE_NAME = 'meveto_simulator_person';
const COOKIE_OPTIONS = { httpOnly: true, sameSite: 'lax', path: '/' } as const;

/** The person that the browser has chosen. Not a secret: a user of the simulator may be any person. */
export function readPerson(request: Request, directory: Directory): Person | undefined {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === COOKIE_NAME && value !== undefined) return directory.person(decoded(value));
  }
  return undefined;
}

export function rememberPerson(response: Response, person: Person): void {
  response.cookie(COOKIE_NAME, person.mevetoId, COOKIE_OPTIONS);
}

export function forgetPerson(response: Response): void {
  response.clearCookie(COOKIE_NAME, COOKIE_OPTIONS);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
