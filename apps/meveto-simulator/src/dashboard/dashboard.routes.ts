import express, { Router, type Request, type Response } from 'express';
import { bodyText } from '../http/parameters.js';
import { forgetPerson, readPerson, rememberPerson } from '../http/person-cookie.js';
import type { Meveto } from '../meveto.js';
import { dashboardPage } from './dashboard-page.js';
import { faultsRoutes } from './faults.routes.js';
import { messagePage } from './layout.js';
import { LIVE_SCRIPT } from './live-script.js';
import { STYLESHEET } from './stylesheet.js';

/** The dashboard and the actions of its buttons. Every action redirects to the dashboard. */
export function dashboardRoutes(meveto: Meveto): Router {
  const routes = Router();
  routes.get('/', (request, response) => {
    response.send(dashboardPage(meveto, readPerson(request, meveto.directory)).text);
  });
  routes.get('/assets/style.css', (_request, response) => void response.type('css').send(STYLESHEET));
  routes.get('/assets/live.js', (_request, response) => void response.type('js').send(LIVE_SCRIPT));
  addSignIn(routes, meveto);
  addApplicationButtons(routes, meveto);
  routes.use(faultsRoutes(meveto));
  return routes;
}

function addSignIn(routes: Router, meveto: Meveto): void {
  routes.post('/sign-in', express.urlencoded({ extended: false }), (request, response) => {
    const person = meveto.directory.person(bodyText(request, 'person') ?? '');
    if (!person) {
      response.status(400).send(messagePage('Unknown person', 'Choose one of the people.').text);
      return;
    }
    rememberPerson(response, person);
    response.redirect(303, pathToContinue(bodyText(request, 'continue_to')));
  });
  routes.post('/sign-out', (_request, response) => {
    forgetPerson(response);
    response.redirect(303, '/');
  });
}

function addApplicationButtons(routes: Router, meveto: Meveto): void {
  const button =
    (press: (mevetoId: string, clientId: string) => void) =>
    (request: Request<{ clientId: string }>, response: Response): void => {
      const person = readPerson(request, meveto.directory);
      const application = meveto.directory.application(request.params.clientId);
      if (!application) {
        response.status(404).send(messagePage('Unknown application', 'It is not registered here.').text);
        return;
      }
      // The list of deliveries shows the answers of the application. This request does not wait for them.
      if (person) press(person.mevetoId, application.clientId);
      response.redirect(303, '/');
    };
  routes.post(
    '/applications/:clientId/log-out',
    button((mevetoId, clientId) => meveto.logOut(mevetoId, clientId)),
  );
  routes.post(
    '/applications/:clientId/remove-protection',
    button((mevetoId, clientId) => meveto.removeProtection(mevetoId, clientId)),
  );
}

// Only an interrupted login continues. Any other path could lead to another site.
function pathToContinue(path: string | undefined): string {
  return path?.startsWith('/oauth-client?') === true ? path : '/';
}
