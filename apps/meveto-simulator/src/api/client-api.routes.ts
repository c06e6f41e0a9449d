import { Router } from 'express';
import { authenticateBasic, bearerToken } from '../http/client-credentials.js';
import { singleText } from '../http/parameters.js';
import type { Meveto } from '../meveto.js';
import type { WebhookDelivery } from '../delivery/webhook-delivery.js';

/**
 * Meveto's API for applications: the person of a user token, the person of an access token, and the list of
 * pending webhooks.
 * @see docs/protocol.md
 */
export function clientApiRoutes(meveto: Meveto): Router {
  const routes = Router();
  addUserForToken(routes, meveto);
  addUser(routes, meveto);
  addPendingWebhooks(routes, meveto);
  return routes;
}

// Errors have status 200, too, as with Meveto.
function addUserForToken(routes: Router, meveto: Meveto): void {
  routes.get('/api/client/user-for-token', (request, response) => {
    const outcome = meveto.tokens.exchange(singleText(request.query['token']) ?? '');
    if (outcome.kind === 'retrieved') {
      response.json({ status: 'Token_User_Retrieved', payload: { user: outcome.mevetoId } });
      return;
    }
    const message = 'The provided user token is not valid.';
    response.json({ status: 'Invalid_User_Token', message, payload: null });
  });
}

function addUser(routes: Router, meveto: Meveto): void {
  routes.get('/api/client/user', (request, response) => {
    const accessToken = bearerToken(request.headers.authorization) ?? '';
    const clientId = singleText(request.query['client_id']) ?? '';
    const mevetoId = meveto.grants.whoHolds(accessToken, clientId);
    if (mevetoId === undefined) {
      const error_description = 'The access token is not valid.';
      response.status(401).json({ error: 'unauthenticated', error_description });
      return;
    }
    response.json({ status: 'User_Retrieved', payload: { user: mevetoId } });
  });
}

function addPendingWebhooks(routes: Router, meveto: Meveto): void {
  routes.get('/api/client/webhooks/pending', (request, response) => {
    const application = authenticateBasic(meveto.directory, request.headers.authorization);
    if (!application) {
      response
        .status(401)
        .set('WWW-Authenticate', 'Basic realm="Meveto"')
        .json({ error: 'invalid_client', error_description: 'Client authentication failed.' });
      return;
    }
    const cursor = singleText(request.query['cursor']) ?? '0';
    if (!/^\d{1,15}$/.test(cursor)) {
      response.status(400).json({ error: 'invalid_request', error_description: 'The cursor is not valid.' });
      return;
    }
    const { deliveries, next } = meveto.pendingPage(application.clientId, Number(cursor));
    const payload = { webhooks: deliveries.map(asPendingWebhook), next };
    response.json({ status: 'Pending_Webhooks_Retrieved', payload });
  });
}

function asPendingWebhook(delivery: WebhookDelivery): Record<string, string> {
  return {
    id: delivery.id,
    type: delivery.type,
    user_token: delivery.userToken,
    created_at: new Date(delivery.createdAt).toISOString(),
  };
}
