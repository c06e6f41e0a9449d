const RELATIVE = /\((?![a-z]+:|#)[^)\s]+\)/.source;

/** Replaces links to files that are not in the package, such as other pages and tests, by their texts; removes such pictures. */
export const withoutRelativeLinks = (markdown) =>
  markdown
    .replaceAll(new RegExp(`!\\[[^\\]]*\\]${RELATIVE}\\n*`, 'g'), '')
    .replaceAll(new RegExp(`\\[([^\\]]+)\\]${RELATIVE}`, 'g'), '$1');
