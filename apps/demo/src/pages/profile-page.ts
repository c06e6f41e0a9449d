import { html, type Markup } from './html.js';
import { page } from './layout.js';
import { localTime } from './local-time.js';

export interface ProfilePageParts {
  readonly name: string;
  readonly email: string;
  /** Epoch milliseconds. */
  readonly signedInAt: number;
  readonly linkedToMeveto: boolean;
  /** The address of the Meveto dashboard, where the user can log out. */
  readonly dashboardUrl: string;
}

export const profilePage = (parts: ProfilePageParts): Markup =>
  page({
    title: parts.name,
    live: true,
    content: html`<div class="person">
        <span class="avatar" aria-hidden="true">${parts.name.charAt(0)}</span>
        <div>
          <h1>${parts.name}</h1>
          <p class="muted">${parts.email}</p>
        </div>
      </div>
      <dl>
        <dt>Logged in since</dt>
        <dd>${localTime(parts.signedInAt)}</dd>
        <dt>Meveto</dt>
        <dd>${parts.linkedToMeveto ? 'linked' : 'not linked'}</dd>
        <dt>Live</dt>
        <dd><span class="live" data-live="connecting" role="status">connecting…</span></dd>
      </dl>
      <p class="notice">
        Open your <a href="${parts.dashboardUrl}" target="_blank" rel="noopener">Meveto dashboard</a> in
        another window and log out there: this page leaves by itself.
      </p>
      <a class="button secondary" href="/devices">Your devices</a>
      <form method="post" action="/logout">
        <button class="secondary" type="submit">Log out here only</button>
      </form>`,
  });
