/**
 * Keeps the parts marked `data-live` up to date. Such a part contains no forms or buttons: replacing a button
 * between press and release would lose the click.
 */
export const LIVE_SCRIPT = `
const refresh = async () => {
  if (document.hidden) return;
  const response = await fetch(location.href);
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
  for (const shown of document.querySelectorAll('[data-live]')) {
    const next = fresh.getElementById(shown.id);
    if (next && next.outerHTML !== shown.outerHTML) shown.replaceWith(next);
  }
};
// The simulator may be stopped. The next round tries again.
setInterval(() => refresh().catch(() => {}), 1000);
`;
