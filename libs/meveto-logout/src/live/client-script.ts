import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The browser client as one file: for `<script>`, or as an ES module. */
export type ClientScriptName = 'meveto-logout.min.js' | 'meveto-logout.min.mjs';

export interface ClientScript {
  readonly content: string;
  /** Strong entity tag, with quotes. */
  readonly etag: string;
}

/**
 * Reads the built browser client. The file is in `client` beside this file in the package, and in `dist` of a checkout
 * of this project. Returns undefined if the client was not built or a bundler left the file out.
 * @param from the folder where the search starts; the search goes up to the root
 */
export function readClientScript(
  name: ClientScriptName,
  from = import.meta.dirname,
): ClientScript | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    for (const place of ['client', 'dist/libs/meveto-logout/client']) {
      const content = read(join(folder, place, name));
      if (content !== undefined) return { content, etag: `"${digestOf(content)}"` };
    }
    if (folder === dirname(folder)) return undefined;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

const digestOf = (content: string): string =>
  createHash('sha256').update(content).digest('base64url').slice(0, 22);
