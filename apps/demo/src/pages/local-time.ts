import { html, type Markup } from './html.js';

/**
 * An instant for display; the page's script shows it in the user's time zone.
 * @param at epoch milliseconds
 */
export function localTime(at: number): Markup {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}" data-local-time>${iso.replace('T', ' ').slice(0, 19)} UTC</time>`;
}
