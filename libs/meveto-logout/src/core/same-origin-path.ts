/** Whether a path is of the same origin: one leading slash, no backslash, no character that browsers strip. */
export const isSameOriginPath = (path: string): boolean =>
  /^\/(?![/\\])[\x21-\x7e]*$/.test(path) && !path.includes('\\');
