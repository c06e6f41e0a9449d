/** The script of a page that leaves by itself. A separate file, because the pages allow no inline scripts. */
export const LIVE_SCRIPT = `import { connectMevetoLogout } from '/meveto/client.mjs';
import { io } from '/socket.io/socket.io.esm.min.js';

const words = {
  connecting: 'connecting…',
  connected: 'connected',
  offline: 'offline',
  'logged-out': 'logged out',
};
const live = document.querySelector('[data-live]');
const show = (state) => {
  live.dataset.live = state;
  live.textContent = words[state] ?? state;
};

export function showLocalTimes(part) {
  for (const time of part.querySelectorAll('[data-local-time]')) {
    time.textContent = new Date(time.dateTime).toLocaleString();
  }
}
showLocalTimes(document);

export const meveto = connectMevetoLogout({ io, onStateChange: show });
`;
