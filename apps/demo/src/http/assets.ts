import express, { type RequestHandler, type Router } from 'express';
import { DEVICES_SCRIPT } from '../pages/devices-script.js';
import { LIVE_SCRIPT } from '../pages/live-script.js';
import { LOGIN_SCRIPT } from '../pages/login-script.js';
import { ICON, STYLE } from '../pages/style.js';

/** Scripts and styles of the pages. Served without a session, so that they do not need the database. */
export function assets(): Router {
  const router = express.Router();
  router.get('/style.css', text('text/css', STYLE));
  router.get('/live.js', text('text/javascript', LIVE_SCRIPT));
  router.get('/devices.js', text('text/javascript', DEVICES_SCRIPT));
  router.get('/login.js', text('text/javascript', LOGIN_SCRIPT));
  router.get('/icon.svg', text('image/svg+xml', ICON));
  return router;
}

const text =
  (type: string, content: string): RequestHandler =>
  (_request, response) => {
    response.set('Cache-Control', 'no-cache').type(type).send(content);
  };
