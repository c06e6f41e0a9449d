import { chooserPage } from '../dashboard/chooser-page.js';
import { messagePage } from '../dashboard/layout.js';
import { answer, type Answer, json, redirect } from '../http/answer.js';
import { authenticateClient } from '../http/client-credentials.js';
import type { Incoming } from '../http/incoming.js';
import { readPerson } from '../http/person-cookie.js';
import type { Route } from '../http/route.js';
import type { Meveto } from '../meveto.js';
import { readAuthorizationRequest, withParameters } from './authorization-request.js';
import { ACCESS_TOKEN_LIFETIME_MS, type GrantedTokens } from './oauth-grants.js';

/**
 * Login with Meveto: the OAuth 2.0 code flow.
 * @see docs/protocol.md and RFC 6749, section 4.1
 */
export const oauthRoutes = (meveto: Meveto): readonly Route[] => [
  { method: 'GET', path: '/oauth-client', handle: (request) => authorize(meveto, request) },
  {
    method: 'POST',
    path: '/oauth/token',
    handle: (request) => grantTokens(meveto, request),
    endpoint: 'login',
  },
];

function authorize(meveto: Meveto, request: Incoming): Answer {
  const asked = readAuthorizationRequest(request, meveto.directory);
  if (asked.kind === 'refused') {
    return answer('html', messagePage('This login cannot continue', asked.reason).text, 400);
  }
  const { redirectUri, state } = asked;
  if (asked.kind === 'declined') return redirect(withParameters(redirectUri, { error: asked.error, state }));
  const person = readPerson(request, meveto.directory);
  if (!person) {
    return answer('html', chooserPage(meveto.directory.people, asked.application, request.target).text);
  }
  const { clientId } = asked.application;
  const code = meveto.grants.issueCode({ mevetoId: person.mevetoId, clientId, redirectUri });
  return redirect(withParameters(redirectUri, { code, state }));
}

// Errors have status 200, like Meveto's errors may have: an application must read the body.
async function grantTokens(meveto: Meveto, request: Incoming): Promise<Answer> {
  const clientSecret = await request.field('client_secret');
  const application = authenticateClient(meveto.directory, await request.field('client_id'), clientSecret);
  if (!application) {
    return json({ error: 'invalid_client', error_description: 'Client authentication failed' });
  }
  if ((await request.field('grant_type')) !== 'authorization_code') {
    const error_description = 'Only authorization_code is supported';
    return json({ error: 'unsupported_grant_type', error_description });
  }
  const granted = await redeem(meveto, request, application.clientId);
  if (!granted) {
    const error_description = 'The code is not valid, was used before, or belongs to another request';
    return json({ error: 'invalid_grant', error_description });
  }
  const since = meveto.now();
  meveto.logins.record(granted.mevetoId, application.clientId, { kind: 'logged-in', since });
  return json({
    token_type: 'Bearer',
    expires_in: ACCESS_TOKEN_LIFETIME_MS / 1000,
    access_token: granted.accessToken,
    refresh_token: granted.refreshToken,
  });
}

async function redeem(
  meveto: Meveto,
  request: Incoming,
  clientId: string,
): Promise<GrantedTokens | undefined> {
  const code = (await request.field('code')) ?? '';
  return meveto.grants.redeemCode(code, clientId, (await request.field('redirect_uri')) ?? '');
}
