import express, { type RequestHandler, type Router } from 'express';
import { DEVICES_SCRIPT } from '../pages/devices-script.js';
import { LIVE_SCRIPT } from '../pages/live-script.js';
import { ICON, STYLE } from '../pages/style.js';
import { clientFolder } from './client-folder.js';

/** What pages load: without a session, so that none of it needs the database. */
export function assets(): Router {
  const router = express.Router();
  router.get('/style.css', text('text/css', STYLE));
  router.get('/live.js', text('text/javascript', LIVE_SCRIPT));
  router.get('/devices.js', text('text/javascript', DEVICES_SCRIPT));
  router.get('/icon.svg', text('image/svg+xml', ICON));
  router.use(
    '/meveto-logout',
    scriptsOnly,
    express.static(clientFolder(), { index: false, redirect: false }),
  );
  return router;
}

const text =
  (type: string, content: string): RequestHandler =>
  (_request, response) => {
    response.set('Cache-Control', 'no-cache').type(type).send(content);
  };

/** The folder holds declarations and source maps as well. */
const scriptsOnly: RequestHandler = (request, _response, next) => {
  if (request.path.endsWith('.js')) next();
  else next('router');
};
