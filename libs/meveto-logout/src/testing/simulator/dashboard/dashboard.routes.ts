import { answer, type Answer, redirect } from '../http/answer.js';
import type { Incoming } from '../http/incoming.js';
import { forgetPerson, readPerson, rememberPerson } from '../http/person-cookie.js';
import type { Route } from '../http/route.js';
import type { Meveto } from '../meveto.js';
import { dashboardPage } from './dashboard-page.js';
import { faultsRoutes } from './faults.routes.js';
import { messagePage } from './layout.js';
import { LIVE_SCRIPT } from './live-script.js';
import { STYLESHEET } from './stylesheet.js';

/** The dashboard and the actions of its buttons. Every action redirects to the dashboard. */
export const dashboardRoutes = (meveto: Meveto): readonly Route[] => [
  {
    method: 'GET',
    path: '/',
    handle: (request) => answer('html', dashboardPage(meveto, readPerson(request, meveto.directory)).text),
  },
  { method: 'GET', path: '/assets/style.css', handle: () => answer('css', STYLESHEET) },
  { method: 'GET', path: '/assets/live.js', handle: () => answer('javascript', LIVE_SCRIPT) },
  { method: 'POST', path: '/sign-in', handle: (request) => signIn(meveto, request) },
  { method: 'POST', path: '/sign-out', handle: () => redirect('/', 303, forgetPerson()) },
  button(meveto, 'log-out', (mevetoId, clientId) => meveto.logOut(mevetoId, clientId)),
  button(meveto, 'remove-protection', (mevetoId, clientId) => meveto.removeProtection(mevetoId, clientId)),
  ...faultsRoutes(meveto),
];

async function signIn(meveto: Meveto, request: Incoming): Promise<Answer> {
  const person = meveto.directory.person((await request.field('person')) ?? '');
  if (!person) return answer('html', messagePage('Unknown person', 'Choose one of the people.').text, 400);
  const path = pathToContinue(await request.field('continue_to'));
  return redirect(path, 303, rememberPerson(person));
}

function button(meveto: Meveto, name: string, press: (mevetoId: string, clientId: string) => void): Route {
  const handle = (request: Incoming, clientId = ''): Answer => {
    const person = readPerson(request, meveto.directory);
    if (!meveto.directory.application(clientId)) {
      return answer('html', messagePage('Unknown application', 'It is not registered here.').text, 404);
    }
    // The list of deliveries shows the answers of the application. This request does not wait for them.
    if (person) press(person.mevetoId, clientId);
    return redirect('/', 303);
  };
  return { method: 'POST', path: `/applications/*/${name}`, handle };
}

// Only an interrupted login continues. Any other path could lead to another site.
function pathToContinue(path: string | undefined): string {
  if (path?.startsWith('/oauth-client?') !== true) return '/';
  const { pathname, search } = new URL(path, 'http://127.0.0.1');
  return pathname + search;
}
