import { lastLogout } from './leaving.js';
import { connectMevetoLogout } from './logout-client.js';
import { watchFetch } from './watch-fetch.js';

/** For pages without modules: `<script src="/meveto/client.js">` makes it. */
Object.assign(globalThis, { MevetoLogout: { connectMevetoLogout, lastLogout, watchFetch } });
