/**
 * Whether a request may change something for the logged in user: browsers send the origin of a form in `Origin`, and
 * its host and port must equal the request's own. Programs send no `Origin` and are allowed.
 * @see https://www.rfc-editor.org/rfc/rfc6454#section-7
 */
export function isSameOrigin(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  if (host === undefined || !URL.canParse(origin)) return false; // 'null' among others
  const from = new URL(origin);
  const own = `${from.protocol}//${host}`;
  return URL.canParse(own) && from.host !== '' && new URL(own).host === from.host;
}
