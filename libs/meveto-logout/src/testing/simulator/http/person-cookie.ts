import type { Directory, Person } from '../directory.js';
import type { Answer } from './answer.js';
import type { Incoming } from './incoming.js';

// A distinct name: cookies ignore ports, and the application usually runs on the same host.
const COOKIE_NAME = 'meveto_simulator_person';
const COOKIE_ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Lax';

/** The person that the browser has chosen. Not a secret: a user of the simulator may be any person. */
export function readPerson({ headers }: Incoming, directory: Directory): Person | undefined {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === COOKIE_NAME && value !== undefined) return directory.person(decoded(value));
  }
  return undefined;
}

export const rememberPerson = ({ mevetoId }: Person): Answer['headers'] => ({
  'set-cookie': `${COOKIE_NAME}=${encodeURIComponent(mevetoId)}; ${COOKIE_ATTRIBUTES}`,
});

export const forgetPerson = (): Answer['headers'] => ({
  'set-cookie': `${COOKIE_NAME}=; Max-Age=0; ${COOKIE_ATTRIBUTES}`,
});

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
