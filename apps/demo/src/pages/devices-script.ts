/**
 * The script of the devices page: while the page is visible, asks every two seconds whether the list has changed, and
 * then takes the new list from the page itself. Every replica reads the list from the database, so that no bus is
 * needed.
 */
export const DEVICES_SCRIPT = `import { meveto, showLocalTimes } from '/assets/live.js';

const EVERY_MS = 2_000;
const list = document.getElementById('devices');
let known;

async function ask() {
  const response = await fetch('/api/devices', { cache: 'no-store' });
  // The page leaves as after any logout of the module.
  if (response.status === 401) meveto.answered(401, await response.json());
  if (!response.ok) return;
  const answer = await response.text();
  if (answer === known) return;
  // A redirect leads to the login page, which the user must open.
  const page = await fetch('/devices', { cache: 'no-store', redirect: 'error' });
  const fresh = new DOMParser().parseFromString(await page.text(), 'text/html').getElementById('devices');
  if (fresh === null) return;
  list.replaceChildren(...fresh.children);
  showLocalTimes(list);
  known = answer;
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
