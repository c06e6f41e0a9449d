/** The login page's script: says why a tab was brought there. */
export const LOGIN_SCRIPT = `import { lastLogout } from '/meveto/client.mjs';

const words = {
  'logged-out': 'You logged out from your Meveto dashboard.',
  expired: 'Your session was too old. Please log in again.',
  'not-logged-in': 'Your session has ended. Please log in again.',
};
const text = words[lastLogout()];
if (text !== undefined) {
  const notice = document.querySelector('[data-logout-notice]');
  notice.textContent = text;
  notice.hidden = false;
}
`;
