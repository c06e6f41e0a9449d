import { html, type Markup } from './html.js';
import { page } from './layout.js';

export interface LoginPageParts {
  /** The error of the last attempt. */
  readonly problem?: string;
  /** The entered address, to fill the form again. */
  readonly email?: string;
  /** Accounts to show as a hint, with their passwords. */
  readonly accounts: readonly { readonly email: string; readonly password: string }[];
}

export const loginPage = ({ problem, email, accounts }: LoginPageParts): Markup =>
  page({
    title: 'Log in',
    content: html`<h1>Log in</h1>
      <p class="notice" role="status" data-logout-notice hidden></p>
      ${problem !== undefined && html`<p class="notice problem" role="alert">${problem}</p>`}
      <a class="button" href="/meveto/login">Login with Meveto</a>
      <div class="divider"><span>or with a password</span></div>
      <form method="post" action="/login">
        <label for="email">Email</label>
        <input id="email" name="email" type="email" autocomplete="username" required value="${email ?? ''}" />
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required />
        <button class="secondary" type="submit">Log in</button>
      </form>
      ${accounts.length > 0 && hint(accounts)}
      <script type="module" src="/assets/login.js"></script>`,
  });

const hint = (accounts: LoginPageParts['accounts']): Markup =>
  html`<details class="hint" open>
    <summary>Accounts of this demo</summary>
    <table>
      <tbody>
        ${accounts.map(
          ({ email, password }) =>
            html`<tr>
              <td>${email}</td>
              <td><code>${password}</code></td>
            </tr>`,
        )}
      </tbody>
    </table>
  </details>`;
