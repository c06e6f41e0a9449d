import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { clientApiRoutes } from './api/client-api.routes.js';
import { dashboardRoutes } from './dashboard/dashboard.routes.js';
import { spoilAnswers } from './faults/spoil-answers.js';
import { refuseForeignOrigin } from './http/refuse-foreign-origin.js';
import type { Meveto } from './meveto.js';
import { oauthRoutes } from './oauth/oauth.routes.js';

// No form-action: browsers also apply it to redirects, and a login ends with a redirect to the application.
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'";

/** The simulator's HTTP side: Meveto's API, the login and the dashboard. */
export function createHttpApp(meveto: Meveto): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(protectPages, refuseForeignOrigin);
  app.use('/api/client/user-for-token', spoilAnswers(meveto.faults, 'exchange'));
  app.use('/api/client/webhooks/pending', spoilAnswers(meveto.faults, 'pending'));
  app.use(['/api/client/user', '/oauth/token'], spoilAnswers(meveto.faults, 'login'));
  app.use(clientApiRoutes(meveto), oauthRoutes(meveto), dashboardRoutes(meveto));
  app.use(notFound, failed);
  return app;
}

const protectPages: RequestHandler = (_request, response, next) => {
  response.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    // Not no-referrer: with no-referrer, browsers send "Origin: null" with the dashboard's own forms.
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  });
  next();
};

const notFound: RequestHandler = (_request, response) => {
  response.status(404).json({ message: 'Not Found' });
};

const failed: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const status = statusOf(error);
  response.status(status).json({ message: status < 500 ? 'Bad Request' : 'Server Error' });
};

// For an unreadable body or path, Express sets a client-error status on the error.
function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}
