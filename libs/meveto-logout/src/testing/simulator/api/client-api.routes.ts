import { type Answer, json } from '../http/answer.js';
import { authenticateBasic, bearerToken } from '../http/client-credentials.js';
import type { Incoming } from '../http/incoming.js';
import type { Route } from '../http/route.js';
import type { Meveto } from '../meveto.js';
import type { WebhookDelivery } from '../delivery/webhook-delivery.js';

/**
 * Meveto's API for applications: the person of a user token, the person of an access token, and the list of
 * pending webhooks.
 * @see docs/protocol.md
 */
export const clientApiRoutes = (meveto: Meveto): readonly Route[] => [
  {
    method: 'GET',
    path: '/api/client/user-for-token',
    handle: (request) => userForToken(meveto, request),
    endpoint: 'exchange',
  },
  {
    method: 'GET',
    path: '/api/client/user',
    handle: (request) => userOfAccessToken(meveto, request),
    endpoint: 'login',
  },
  {
    method: 'GET',
    path: '/api/client/webhooks/pending',
    handle: (request) => pendingWebhooks(meveto, request),
    endpoint: 'pending',
  },
];

// Errors have status 200, too, as with Meveto.
function userForToken(meveto: Meveto, request: Incoming): Answer {
  const outcome = meveto.tokens.exchange(request.query('token') ?? '');
  if (outcome.kind === 'retrieved') {
    return json({ status: 'Token_User_Retrieved', payload: { user: outcome.mevetoId } });
  }
  const message = 'The provided user token is not valid.';
  return json({ status: 'Invalid_User_Token', message, payload: null });
}

function userOfAccessToken(meveto: Meveto, request: Incoming): Answer {
  const accessToken = bearerToken(request.headers.authorization) ?? '';
  const mevetoId = meveto.grants.whoHolds(accessToken, request.query('client_id') ?? '');
  if (mevetoId === undefined) {
    return json({ error: 'unauthenticated', error_description: 'The access token is not valid.' }, 401);
  }
  return json({ status: 'User_Retrieved', payload: { user: mevetoId } });
}

function pendingWebhooks(meveto: Meveto, request: Incoming): Answer {
  const application = authenticateBasic(meveto.directory, request.headers.authorization);
  if (!application) {
    return json({ error: 'invalid_client', error_description: 'Client authentication failed.' }, 401, {
      'www-authenticate': 'Basic realm="Meveto"',
    });
  }
  const cursor = request.query('cursor') ?? '0';
  if (!/^\d{1,15}$/.test(cursor)) {
    return json({ error: 'invalid_request', error_description: 'The cursor is not valid.' }, 400);
  }
  const { deliveries, next } = meveto.pendingPage(application.clientId, Number(cursor));
  const payload = { webhooks: deliveries.map(asPendingWebhook), next };
  return json({ status: 'Pending_Webhooks_Retrieved', payload });
}

function asPendingWebhook(delivery: WebhookDelivery): Record<string, string> {
  return {
    id: delivery.id,
    type: delivery.type,
    user_token: delivery.userToken,
    created_at: new Date(delivery.createdAt).toISOString(),
  };
}
