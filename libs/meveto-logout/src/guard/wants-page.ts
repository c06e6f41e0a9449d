import type { IncomingHttpHeaders } from 'node:http';

const PAGE = /^(?:text\/html|application\/xhtml\+xml)$/;
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/;

/** Whether a browser asks for a page. Requests of scripts get JSON instead of a redirect to the login page. */
export function wantsPage(method: string | undefined, headers: IncomingHttpHeaders): boolean {
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') return false;
  if (!mayNavigate(headers)) return false;
  if (headers['x-requested-with']?.toString().toLowerCase() === 'xmlhttprequest') return false;
  return prefersPage(headers.accept);
}

/** False for requests that scripts have certainly sent: a script cannot set `Sec-Fetch-Mode: navigate`. */
export const mayNavigate = ({ 'sec-fetch-mode': mode }: IncomingHttpHeaders): boolean =>
  mode === undefined || mode === 'navigate';

/**
 * Whether HTML is accepted, and preferred to or as good as JSON. A wildcard does not count, since programs send it.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 */
function prefersPage(accept = ''): boolean {
  let page = 0;
  let json = 0;
  for (const range of accept.toLowerCase().split(',', 50)) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    if (PAGE.test(type)) page = Math.max(page, qualityOf(parameters));
    else if (JSON_TYPE.test(type)) json = Math.max(json, qualityOf(parameters));
  }
  return page > 0 && page >= json;
}

function qualityOf(parameters: readonly string[]): number {
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = weight === undefined ? 1 : Number.parseFloat(weight.slice(2));
  return Number.isNaN(quality) ? 0 : quality;
}
