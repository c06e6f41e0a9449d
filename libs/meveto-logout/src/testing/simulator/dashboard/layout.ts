import { html, type Html } from './html.js';

/** The parts that differ between pages. */
export interface PageContent {
  readonly title: string;
  readonly main: Html;
  /** One narrow column, for pages with a single question. */
  readonly isNarrow?: boolean;
  /** Keeps `data-live` parts up to date. */
  readonly isLive?: boolean;
}

/** A whole page: head, the band on top and the content. */
export function page({ title, main, isNarrow = false, isLive = false }: PageContent): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Meveto simulator</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/assets/style.css" />
        ${isLive ? html`<script src="/assets/live.js" defer></script>` : undefined}
      </head>
      <body>
        <header class="band">
          <div class="inner">
            <a href="/"><span class="mark" aria-hidden="true">m</span>Meveto</a>
            <small>simulator</small>
            <p>Everything here stays on this machine.</p>
          </div>
        </header>
        <main class="inner ${isNarrow ? 'narrow' : ''}">${main}</main>
      </body>
    </html> `;
}

/** A page with a single message. */
export function messagePage(title: string, text: string): Html {
  const main = html`<section class="card">
    <h1>${title}</h1>
    <p>${text}</p>
    <p><a href="/">To the dashboard</a></p>
  </section>`;
  return page({ title, main, isNarrow: true });
}

/** An instant (epoch milliseconds) as a time of day, with the full date on hover. */
export function timeOf(at: number): Html {
  const date = new Date(at);
  const iso = date.toISOString();
  return html`<time datetime="${iso}" title="${iso}">${date.toLocaleTimeString('en-GB')}</time>`;
}
