import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The browser's part as one file: for `<script>`, or as an ES module. */
export type ClientScriptName = 'meveto-logout.min.js' | 'meveto-logout.min.mjs';

export interface ClientScript {
  readonly content: string;
  /** Strong, quoted. */
  readonly etag: string;
}

/**
 * Reads the built browser client: it lies beside this file in the package, and in the `dist` folder of this project's own
 * checkout. Undefined where it was not built, or where a bundler left it out.
 * @param from the folder to look from
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
