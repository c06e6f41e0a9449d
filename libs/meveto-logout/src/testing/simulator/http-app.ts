import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { clientApiRoutes } from './api/client-api.routes.js';
import { logOutRoutes } from './api/log-out.routes.js';
import { dashboardRoutes } from './dashboard/dashboard.routes.js';
import { answerWithFaults } from './faults/spoil-answers.js';
import { type Answer, json } from './http/answer.js';
import { Incoming, RequestRefused } from './http/incoming.js';
import { refuseForeignOrigin } from './http/refuse-foreign-origin.js';
import { matched, type Route } from './http/route.js';
import type { Meveto } from './meveto.js';
import { oauthRoutes } from './oauth/oauth.routes.js';

const HEADERS = {
  'cache-control': 'no-store',
  // No form-action: browsers also apply it to redirects, and a login ends with a redirect to the application.
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'",
  // Not no-referrer: with no-referrer, browsers send "Origin: null" with the dashboard's own forms.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};

/** The simulator's HTTP side: Meveto's API, the login and the dashboard. Needs no HTTP library. */
export function createHttpApp(meveto: Meveto): RequestListener {
  const routes = [clientApiRoutes, logOutRoutes, oauthRoutes, dashboardRoutes].flatMap((each) =>
    each(meveto),
  );
  return (message, response) => {
    void serve(meveto, routes, message, response);
  };
}

async function serve(
  meveto: Meveto,
  routes: readonly Route[],
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const send = ({ status, headers, body }: Answer): void => {
    response.writeHead(status, { ...HEADERS, ...headers }).end(body);
  };
  try {
    const request = new Incoming(message);
    const refused = refuseForeignOrigin(request);
    if (refused !== undefined) {
      send(refused);
      return;
    }
    const { route, segments } = routeOf(routes, request);
    const answering = (): Answer | Promise<Answer> =>
      route === undefined ? json({ message: 'Not Found' }, 404) : route.handle(request, ...segments);
    if (route?.endpoint === undefined) send(await answering());
    else await answerWithFaults(meveto.faults.strike(route.endpoint), { response, answering, send });
  } catch (error) {
    send(failed(error));
  }
}

function routeOf(
  routes: readonly Route[],
  request: Incoming,
): { readonly route?: Route; readonly segments: readonly string[] } {
  for (const route of routes) {
    const segments = matched(route, request);
    if (segments !== undefined) return { route, segments };
  }
  return { segments: [] };
}

const failed = (error: unknown): Answer =>
  error instanceof RequestRefused
    ? json({ message: 'Bad Request' }, error.status)
    : json({ message: 'Server Error' }, 500);
