import type { Device } from '../devices/device.js';
import { html, type Markup } from './html.js';
import { page } from './layout.js';
import { localTime } from './local-time.js';

/** Lists the user's devices. The page's script keeps the list up to date. */
export const devicesPage = (devices: readonly Device[]): Markup =>
  page({
    title: 'Your devices',
    live: true,
    script: '/assets/devices.js',
    content: html`<h1>Your devices</h1>
      <p class="muted">Where you are logged in. The list keeps itself up to date.</p>
      <ul class="devices" id="devices" aria-live="polite">
        ${devices.map(row)}
      </ul>
      <p class="notice">Log out on your Meveto dashboard, and all of them end at once, this page included.</p>
      <p class="status"><span class="live" data-live="connecting" role="status">connecting…</span></p>
      <a class="button secondary" href="/profile">Your profile</a>`,
  });

const KINDS = { session: 'Browser session', token: 'Access token' } as const;

const row = ({ id, kind, client, signedInAt, isCurrent }: Device): Markup =>
  html`<li data-device="${id}" data-kind="${kind}" ${isCurrent && html`data-current`}>
    <div>
      <strong>${client}</strong>
      ${isCurrent && html`<span class="tag">this one</span>`}
      <span class="muted">${KINDS[kind]}, since ${localTime(signedInAt)}</span>
    </div>
    <form method="post" action="/devices/${id}/sign-out">
      <button class="secondary small" type="submit" aria-label="Sign out: ${client}">Sign out</button>
    </form>
  </li>`;
