import { createHash, timingSafeEqual } from 'node:crypto';
import type { Application, Directory } from '../directory.js';

/** Returns the application with these credentials. */
export function authenticateClient(
  directory: Directory,
  clientId: string | undefined,
  clientSecret: string | undefined,
): Application | undefined {
  const application = directory.application(clientId ?? '');
  if (!application || clientSecret === undefined) return undefined;
  return isSame(application.clientSecret, clientSecret) ? application : undefined;
}

/** Returns the application of an `Authorization: Basic` header with client id and client secret. */
export function authenticateBasic(directory: Directory, header: string | undefined): Application | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const credentials = Buffer.from(encoded, 'base64').toString();
  const colon = credentials.indexOf(':');
  if (colon < 0) return undefined;
  return authenticateClient(directory, credentials.slice(0, colon), credentials.slice(colon + 1));
}

/** The token of an `Authorization: Bearer` header. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
}

// Digests have equal lengths, which timingSafeEqual requires.
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
