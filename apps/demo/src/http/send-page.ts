import type { Response } from 'express';
import type { Markup } from '../pages/html.js';

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  // Pages depend on the logged in user and must not be shown again after a logout.
  'Cache-Control': 'no-store',
};

/** Answers with a page. */
export function sendPage(response: Response, status: number, page: Markup): void {
  response.status(status).set(HEADERS).type('html').send(page.text);
}
