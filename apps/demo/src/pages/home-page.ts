import { html, type Markup } from './html.js';
import { page } from './layout.js';

/** @param loggedIn whether to offer the profile or the login */
export const homePage = (loggedIn: boolean): Markup =>
  page({
    title: 'Welcome',
    content: html`<h1>Welcome</h1>
      <p>
        This application lets you log in with Meveto, and with a password. Log out on the Meveto dashboard,
        and you are out here as well: in every tab, on every device.
      </p>
      ${
        loggedIn
          ? html`<a class="button" href="/profile">Your profile</a>`
          : html`<a class="button" href="/login">Log in</a>`
      }`,
  });
