/** The browser client as one file: for `<script>`, or as an ES module. */
export type ClientScriptName = 'meveto-logout.min.js' | 'meveto-logout.min.mjs';

interface ClientScript {
  readonly content: string;
  /** Strong entity tag, with quotes. */
  readonly etag: string;
}

/**
 * The type of the generated scripts.
 * @public imported by a file that Git ignores
 */
export type ClientScripts = Readonly<Record<ClientScriptName, ClientScript>>;
