import type { Person } from '../directory.js';
import type { Meveto } from '../meveto.js';
import { deliveriesSection, noticesSection } from './activity-sections.js';
import { applicationsSection } from './applications-section.js';
import { chooser } from './chooser-page.js';
import { faultsSection } from './faults-section.js';
import { html, type Html } from './html.js';
import { page } from './layout.js';

/** The dashboard, for a chosen person or without one. */
export function dashboardPage(meveto: Meveto, person: Person | undefined): Html {
  const main = html`${person ? whoYouAre(meveto, person) : whoAreYou(meveto)}
  ${person ? applicationsSection(meveto, person) : undefined} ${deliveriesSection(meveto)}
  ${noticesSection(meveto.notices)} ${faultsSection(meveto)}`;
  return page({ title: 'Dashboard', main, isLive: true });
}

function whoAreYou(meveto: Meveto): Html {
  return html`<section class="card">
    <h1>Who are you?</h1>
    <p class="hint">Choose a person to see their applications and to log them out.</p>
    ${chooser(meveto.directory.people, '/')}
  </section>`;
}

function whoYouAre(meveto: Meveto, person: Person): Html {
  const others = meveto.directory.people.filter(({ mevetoId }) => mevetoId !== person.mevetoId);
  return html`<section class="card row">
    <div class="person">
      <span class="initial" aria-hidden="true">${person.name.slice(0, 1)}</span>
      <div>
        <h1>You are ${person.name}</h1>
        <p class="hint">Meveto ID <code>${person.mevetoId}</code></p>
      </div>
    </div>
    <form class="row push" method="post" action="/sign-in">
      <span class="hint">Switch to</span>
      ${others.map(({ mevetoId, name }) => html`<button name="person" value="${mevetoId}">${name}</button>`)}
    </form>
    <form method="post" action="/sign-out"><button class="quiet">Sign out</button></form>
  </section>`;
}
