/**
 * The script of the devices page: asks every two seconds, while somebody can see the page, whether the list has changed,
 * and takes the new list over from the page itself. The database is the truth on every replica, and asking it needs
 * nothing that connects them.
 */
export const DEVICES_SCRIPT = `import { meveto, showLocalTimes } from '/assets/live.js';

const EVERY_MS = 2_000;
const list = document.getElementById('devices');
let known;

async function ask() {
  const response = await fetch('/api/devices', { cache: 'no-store' });
  // A session that is over, by whatever logout, is left in the module's way.
  if (response.status === 401) meveto.answered(401, await response.json());
  if (!response.ok) return;
  const told = await response.text();
  if (told === known) return;
  // A redirect is to the login page, which is for the person to open.
  const page = await fetch('/devices', { cache: 'no-store', redirect: 'error' });
  const fresh = new DOMParser().parseFromString(await page.text(), 'text/html').getElementById('devices');
  if (fresh === null) return;
  list.replaceChildren(...fresh.children);
  showLocalTimes(list);
  known = told;
}

async function follow() {
  if (document.visibilityState === 'visible') await ask().catch(() => undefined);
  setTimeout(follow, EVERY_MS);
}

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') ask().catch(() => undefined);
});
void follow();
`;
