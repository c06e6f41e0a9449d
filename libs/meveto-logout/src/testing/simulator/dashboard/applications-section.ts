import type { Application, Person } from '../directory.js';
import type { LoginState } from '../logins.js';
import type { Meveto } from '../meveto.js';
import { html, type Html } from './html.js';
import { timeOf } from './layout.js';

/**
 * All applications and their state for the person. "Log out" is available in every state: the person may have
 * logged in to the application in another way that Meveto does not know.
 */
export function applicationsSection(meveto: Meveto, person: Person): Html {
  const { applications } = meveto.directory;
  return html`<section class="card" aria-labelledby="applications">
    <h2 id="applications">Your applications</h2>
    ${
      applications.length === 0
        ? html`<p class="hint">No application is registered.</p>`
        : applications.map((application, index) =>
            applicationRow(application, meveto.logins.state(person.mevetoId, application.clientId), index),
          )
    }
  </section>`;
}

function applicationRow(application: Application, state: LoginState, index: number): Html {
  const path = `/applications/${encodeURIComponent(application.clientId)}`;
  return html`<article class="application" data-client-id="${application.clientId}">
    <div class="name">
      <h3>${application.name}</h3>
      <p class="hint" id="state-${index}" data-live>${stateBadge(state)} ${stateTime(state)}</p>
    </div>
    <a class="button" href="${application.homeUrl}">Open</a>
    <form method="post" action="${path}/log-out"><button class="primary">Log out</button></form>
    <form method="post" action="${path}/remove-protection">
      <button class="quiet">Stop using Meveto here</button>
    </form>
  </article>`;
}

function stateBadge(state: LoginState): Html {
  switch (state.kind) {
    case 'never-logged-in':
      return html`<span class="badge">Not logged in through Meveto</span>`;
    case 'logged-in':
      return html`<span class="badge good">Logged in</span>`;
    case 'logged-out':
      return html`<span class="badge">Logged out</span>`;
    case 'protection-removed':
      return html`<span class="badge wait">Meveto not used</span>`;
  }
}

function stateTime(state: LoginState): Html | undefined {
  switch (state.kind) {
    case 'never-logged-in':
      return undefined;
    case 'logged-in':
    case 'protection-removed':
      return html`since ${timeOf(state.kind === 'logged-in' ? state.since : state.at)}`;
    case 'logged-out':
      return html`at ${timeOf(state.at)}`;
  }
}
