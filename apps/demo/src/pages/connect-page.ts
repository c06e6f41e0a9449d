import { html, type Markup } from './html.js';
import { page } from './layout.js';

export interface ConnectPageParts {
  /** The error of the last attempt. */
  readonly problem?: string;
  /** The entered address, to fill the form again. */
  readonly email?: string;
  /** Whether the account is linked to another Meveto account, which may be replaced. */
  readonly canReplace?: boolean;
}

/** Asks a user of Meveto for an account of this application. */
export const connectPage = ({ problem, email, canReplace = false }: ConnectPageParts = {}): Markup =>
  page({
    title: 'Connect your account',
    content: html`<h1>Connect your account</h1>
      <p>
        Meveto knows who you are, and this application does not know your Meveto account yet. Prove once that
        you have an account here: from then on, “Login with Meveto” is enough.
      </p>
      ${problem !== undefined && html`<p class="notice problem" role="alert">${problem}</p>`}
      <form method="post" action="/meveto/connect">
        <label for="email">Email</label>
        <input id="email" name="email" type="email" autocomplete="username" required value="${email ?? ''}" />
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required />
        ${
          canReplace &&
          html`<label class="choice">
            <input name="replace" type="checkbox" value="yes" required />
            Replace the Meveto account that this account is connected to
          </label>`
        }
        <button type="submit">Connect</button>
      </form>
      <p class="aside"><a href="/login">Not now</a></p>`,
  });
