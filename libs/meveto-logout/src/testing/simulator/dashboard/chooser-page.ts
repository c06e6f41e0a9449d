import type { Application, Person } from '../directory.js';
import { html, type Html } from './html.js';
import { page } from './layout.js';

/** One button per person; `continueTo` is the next path. */
export function chooser(people: readonly Person[], continueTo: string): Html {
  return html`<form class="people" method="post" action="/sign-in">
    <input type="hidden" name="continue_to" value="${continueTo}" />
    ${people.map((person) => personButton(person))}
  </form>`;
}

/** Asks which person logs in to an application. */
export function chooserPage(people: readonly Person[], application: Application, continueTo: string): Html {
  const main = html`<section class="card">
    <h1>Log in to ${application.name}</h1>
    <p class="hint">Who are you? The simulator asks for no password.</p>
    ${chooser(people, continueTo)}
  </section>`;
  return page({ title: `Log in to ${application.name}`, main, isNarrow: true });
}

function personButton(person: Person): Html {
  return html`<button name="person" value="${person.mevetoId}">
    <span class="initial" aria-hidden="true">${person.name.slice(0, 1)}</span>
    <span>Continue as ${person.name}</span>
  </button>`;
}
