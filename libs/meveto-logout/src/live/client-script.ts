/** The browser client as one file: for `<script>`, or as an ES module. */
export type ClientScriptName = 'meveto-logout.min.js' | 'meveto-logout.min.mjs';

export interface ClientScript {
  readonly content: string;
  /** Strong entity tag, with quotes. */
  readonly etag: string;
}

export type ClientScripts = Readonly<Record<ClientScriptName, ClientScript>>;
