/** The login page's script: shows why a tab was sent there. */
export const LOGIN_SCRIPT = `import { lastLeave } from '/meveto/client.mjs';

const words = {
  'logged-out': 'You were logged out. Please log in again.',
  expired: 'Your session was too old. Please log in again.',
  'not-logged-in': 'Your session has ended. Please log in again.',
};
const { reason, cause } = lastLeave() ?? {};
const text = cause === 'meveto' ? 'You logged out from your Meveto dashboard.' : words[reason];
if (text !== undefined) {
  const notice = document.querySelector('[data-logout-notice]');
  notice.textContent = text;
  notice.hidden = false;
}
`;
