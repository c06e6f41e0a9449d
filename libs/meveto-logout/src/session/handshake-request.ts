import type { SessionRequest } from './session-reader.port.js';

/** A handshake’s request with this access token, which browsers cannot put into a header there. */
export function withAccessToken(request: SessionRequest, token: unknown): SessionRequest {
  if (typeof token !== 'string') return request;
  const headers = { ...request.headers, authorization: `Bearer ${token.replace(/^Bearer +/i, '')}` };
  return Object.create(request, { headers: { value: headers } }) as SessionRequest;
}
