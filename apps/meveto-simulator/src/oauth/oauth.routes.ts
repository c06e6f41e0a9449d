import express, { Router, type Request } from 'express';
import { chooserPage } from '../dashboard/chooser-page.js';
import { messagePage } from '../dashboard/layout.js';
import { authenticateClient } from '../http/client-credentials.js';
import { bodyText } from '../http/parameters.js';
import { readPerson } from '../http/person-cookie.js';
import type { Meveto } from '../meveto.js';
import { readAuthorizationRequest, withParameters } from './authorization-request.js';
import { ACCESS_TOKEN_LIFETIME_MS, type GrantedTokens } from './oauth-grants.js';

/**
 * Login with Meveto: the OAuth 2.0 code flow.
 * @see docs/protocol.md and RFC 6749, section 4.1
 */
export function oauthRoutes(meveto: Meveto): Router {
  const routes = Router();
  addAuthorization(routes, meveto);
  addToken(routes, meveto);
  return routes;
}

function addAuthorization(routes: Router, meveto: Meveto): void {
  routes.get('/oauth-client', (request, response) => {
    const asked = readAuthorizationRequest(request.query, meveto.directory);
    if (asked.kind === 'refused') {
      response.status(400).send(messagePage('This login cannot continue', asked.reason).text);
      return;
    }
    const { redirectUri, state } = asked;
    if (asked.kind === 'declined') {
      response.redirect(withParameters(redirectUri, { error: asked.error, state }));
      return;
    }
    const person = readPerson(request, meveto.directory);
    if (!person) {
      response.send(chooserPage(meveto.directory.people, asked.application, request.originalUrl).text);
      return;
    }
    const { clientId } = asked.application;
    const code = meveto.grants.issueCode({ mevetoId: person.mevetoId, clientId, redirectUri });
    response.redirect(withParameters(redirectUri, { code, state }));
  });
}

// Errors have status 200, like Meveto's errors may have: an application must read the body.
function addToken(routes: Router, meveto: Meveto): void {
  routes.post(
    '/oauth/token',
    express.urlencoded({ extended: false }),
    express.json(),
    (request, response) => {
      const clientId = bodyText(request, 'client_id');
      const application = authenticateClient(meveto.directory, clientId, bodyText(request, 'client_secret'));
      if (!application) {
        response.json({ error: 'invalid_client', error_description: 'Client authentication failed' });
        return;
      }
      if (bodyText(request, 'grant_type') !== 'authorization_code') {
        const error_description = 'Only authorization_code is supported';
        response.json({ error: 'unsupported_grant_type', error_description });
        return;
      }
      const granted = redeem(meveto, request, application.clientId);
      if (!granted) {
        const error_description = 'The code is not valid, was used before, or belongs to another request';
        response.json({ error: 'invalid_grant', error_description });
        return;
      }
      const since = meveto.now();
      meveto.logins.record(granted.mevetoId, application.clientId, { kind: 'logged-in', since });
      response.json({
        token_type: 'Bearer',
        expires_in: ACCESS_TOKEN_LIFETIME_MS / 1000,
        access_token: granted.accessToken,
        refresh_token: granted.refreshToken,
      });
    },
  );
}

function redeem(meveto: Meveto, request: Request, clientId: string): GrantedTokens | undefined {
  const code = bodyText(request, 'code') ?? '';
  return meveto.grants.redeemCode(code, clientId, bodyText(request, 'redirect_uri') ?? '');
}
