/**
 * Returns the token of an `Authorization: Bearer` header, an empty string for an empty token, or undefined without such
 * a header. The scheme name is not case-sensitive.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.1
 */
export function bearerOf(authorization = ''): string | undefined {
  const match = /^bearer(?: +(.*))?$/i.exec(authorization);
  return match === null ? undefined : (match[1] ?? '');
}
