import type { Application, Directory } from '../directory.js';
import type { Incoming } from '../http/incoming.js';

/** Query of `/oauth-client`. */
export type AuthorizationRequest =
  | {
      readonly kind: 'valid';
      readonly application: Application;
      readonly redirectUri: string;
      readonly state: string | undefined;
    }
  /** Reported to the application by a redirect. */
  | {
      readonly kind: 'declined';
      readonly redirectUri: string;
      readonly error: string;
      readonly state: string | undefined;
    }
  /** Shown to the person only, because the redirect URI cannot be trusted. */
  | { readonly kind: 'refused'; readonly reason: string };

const SCOPE = 'default-client-access';
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** Checks the query of `/oauth-client`. The redirect URI must have the origin of the application's home page. */
export function readAuthorizationRequest(
  request: Pick<Incoming, 'query'>,
  directory: Directory,
): AuthorizationRequest {
  const application = directory.application(request.query('client_id') ?? '');
  if (!application) return { kind: 'refused', reason: 'No application is registered under this client_id.' };
  const redirectUri = request.query('redirect_uri') ?? '';
  if (!URL.canParse(redirectUri) || originOf(redirectUri) !== originOf(application.homeUrl)) {
    return { kind: 'refused', reason: `This redirect_uri does not belong to ${application.name}.` };
  }
  const state = request.query('state');
  if (request.query('response_type') !== 'code') {
    return { kind: 'declined', redirectUri, error: 'unsupported_response_type', state };
  }
  if (request.query('scope') !== SCOPE)
    return { kind: 'declined', redirectUri, error: 'invalid_scope', state };
  return { kind: 'valid', application, redirectUri, state };
}

/** Adds parameters to the query of the redirect URI. */
export function withParameters(
  redirectUri: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url.href;
}

// On its own machine an application is opened as localhost or as 127.0.0.1: both count as the same origin.
function originOf(address: string): string {
  const url = new URL(address);
  if (LOOPBACK_NAMES.includes(url.hostname)) url.hostname = 'localhost';
  return `${url.protocol}//${url.host}`;
}
