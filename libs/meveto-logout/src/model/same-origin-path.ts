/** A path of the same origin: one leading slash, no backslash, nothing that a browser would drop before it looks. */
export const isSameOriginPath = (path: string): boolean =>
  /^\/(?![/\\])[\x21-\x7e]*$/.test(path) && !path.includes('\\');
