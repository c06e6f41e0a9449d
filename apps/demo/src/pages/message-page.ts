import { html, type Markup } from './html.js';
import { page } from './layout.js';

export interface Message {
  readonly title: string;
  readonly text: string;
}

/** A page with one message, usually an error, and a link to the login. */
export const messagePage = ({ title, text }: Message): Markup =>
  page({
    title,
    content: html`<h1>${title}</h1>
      <p>${text}</p>
      <a class="button" href="/login">Go to the login</a>`,
  });
