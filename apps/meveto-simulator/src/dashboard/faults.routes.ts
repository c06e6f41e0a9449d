import express, { Router } from 'express';
import { bodyText } from '../http/parameters.js';
import type { Meveto } from '../meveto.js';
import { chosenFaults, ENDPOINT_NAMES, SPEEDS } from './fault-choices.js';
import { messagePage } from './layout.js';
import type { Endpoint } from '../faults/fault.js';

/** Actions of the fault buttons of the dashboard. */
export function faultsRoutes(meveto: Meveto): Router {
  const routes = Router();
  const form = express.urlencoded({ extended: false });
  const unknown = messagePage('Unknown fault', 'Choose one on the dashboard.').text;

  routes.post('/faults/:endpoint', form, (request, response) => {
    const fault = bodyText(request, 'fault') ?? '';
    const faults = chosenFaults(request.params.endpoint, fault, bodyText(request, 'occurrence') ?? '');
    if (!faults) {
      response.status(400).send(unknown);
      return;
    }
    meveto.faults.set(faults);
    response.redirect(303, '/');
  });
  routes.post('/faults/:endpoint/clear', (request, response) => {
    const { endpoint } = request.params;
    if (!Object.hasOwn(ENDPOINT_NAMES, endpoint)) {
      response.status(400).send(unknown);
      return;
    }
    meveto.faults.clear(endpoint as Endpoint);
    response.redirect(303, '/');
  });
  routes.post('/speed', form, (request, response) => {
    const speed = SPEEDS.find((each) => String(each) === bodyText(request, 'speed'));
    if (speed !== undefined) meveto.deliverer.setSpeed(speed);
    response.redirect(303, '/');
  });
  return routes;
}
