import { lastLeave, lastLogout } from './leaving.js';
import { connectMevetoLogout } from './logout-client.js';
import { watchFetch } from './watch-fetch.js';

/** Global for pages without modules, set by `<script src="/meveto/client.js">`. */
Object.assign(globalThis, { MevetoLogout: { connectMevetoLogout, lastLeave, lastLogout, watchFetch } });
