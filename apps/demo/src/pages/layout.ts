import { html, type Fragment, type Markup } from './html.js';

export interface PageParts {
  readonly title: string;
  readonly content: Fragment;
  /** Whether the page leaves by itself when the user is logged out. */
  readonly live?: boolean;
  /** Path of the page's own script. */
  readonly script?: string;
}

/** The frame of every page. */
export const page = ({ title, content, live = false, script }: PageParts): Markup =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Meveto demo</title>
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/style.css" />
        ${live && html`<script type="module" src="/assets/live.js"></script>`}
        ${script !== undefined && html`<script type="module" src="${script}"></script>`}
      </head>
      <body>
        <header>
          <a class="brand" href="/"><span class="mark" aria-hidden="true"></span>Meveto demo</a>
        </header>
        <main class="card">${content}</main>
        <footer>Log out on the Meveto dashboard, and this application follows within a second.</footer>
      </body>
    </html>`;
