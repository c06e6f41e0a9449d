import { answer, type Answer, redirect } from '../http/answer.js';
import type { Incoming } from '../http/incoming.js';
import type { Route } from '../http/route.js';
import type { Meveto } from '../meveto.js';
import { chosenFaults, ENDPOINT_NAMES, SPEEDS } from './fault-choices.js';
import { messagePage } from './layout.js';
import type { Endpoint } from '../faults/fault.js';

/** Actions of the fault buttons of the dashboard. */
export const faultsRoutes = (meveto: Meveto): readonly Route[] => [
  {
    method: 'POST',
    path: '/faults/*',
    handle: (request, endpoint = '') => setFault(meveto, request, endpoint),
  },
  {
    method: 'POST',
    path: '/faults/*/clear',
    handle: (_request, endpoint = '') => {
      if (!Object.hasOwn(ENDPOINT_NAMES, endpoint)) return unknownFault();
      meveto.faults.clear(endpoint as Endpoint);
      return redirect('/', 303);
    },
  },
  {
    method: 'POST',
    path: '/speed',
    handle: async (request) => {
      const asked = await request.field('speed');
      const speed = SPEEDS.find((each) => String(each) === asked);
      if (speed !== undefined) meveto.deliverer.setSpeed(speed);
      return redirect('/', 303);
    },
  },
];

async function setFault(meveto: Meveto, request: Incoming, endpoint: string): Promise<Answer> {
  const fault = (await request.field('fault')) ?? '';
  const faults = chosenFaults(endpoint, fault, (await request.field('occurrence')) ?? '');
  if (!faults) return unknownFault();
  meveto.faults.set(faults);
  return redirect('/', 303);
}

const unknownFault = (): Answer =>
  answer('html', messagePage('Unknown fault', 'Choose one on the dashboard.').text, 400);
