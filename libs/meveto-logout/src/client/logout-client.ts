import { attempt } from './leaving.js';
import type { ConnectionState, LogoutClient, LogoutClientOptions } from './options.js';
import { createPageSession } from './session.js';
import { createSessionCheck } from './session-check.js';
import { socketTransport } from './socket-transport.js';
import { openTabs, type Tabs } from './tabs.js';

/**
 * Leaves the page as soon as its session is over, with `location.replace`, so that the back button does not return to
 * the page. The server, another tab or an answer with status 401 reports the end of the session, or a check of its own
 * finds out. A lost connection is not a logout: the page stays. Does nothing without a document, as in server-side
 * rendering.
 */
export function connectMevetoLogout(options: LogoutClientOptions): LogoutClient {
  if (typeof document === 'undefined') return { answered: idle, check: idle, stop: idle };
  const { url = '', token, io, checkUrl = url + '/meveto/session' } = options;
  const transport = options.transport ?? (io && socketTransport(io, url, token));
  const listening = new AbortController();
  let state: ConnectionState;
  let tabs: Tabs | undefined;
  const changeTo = (next: ConnectionState): void => {
    state = next;
    attempt(() => options.onStateChange?.(next));
  };
  const session = createPageSession(
    options,
    listening.signal,
    (notice) => {
      attempt(() => tabs?.postMessage(notice));
      stop();
      changeTo('logged-out');
    },
    () => sessionCheck.ask(true),
    () => {
      rest();
      begin();
    },
  );
  const sessionCheck = createSessionCheck(
    checkUrl,
    token,
    session.checked,
    () => !document.hidden && state !== 'connected',
  );
  const begin = (askAtOnce?: boolean): void => {
    tabs = openTabs(session.received);
    changeTo('connecting');
    transport?.start({
      up() {
        changeTo('connected');
        sessionCheck.ask();
      },
      down(why) {
        changeTo('offline');
        // Without a check, the refused connection is the only source.
        if (!checkUrl) session.answered(401, { reason: why });
        sessionCheck.ask();
        if (why === 'not-logged-in') session.renew(2);
      },
      loggedOut: session.loggedOut,
    });
    sessionCheck.ask(askAtOnce);
  };
  const rest = (): void => {
    transport?.stop();
    sessionCheck.stop();
    tabs?.close();
  };
  const stop = (): void => {
    rest();
    listening.abort();
  };
  // 'resume' follows after a tab was frozen.
  listen(listening, 'online visibilitychange resume', () => document.hidden || sessionCheck.ask());
  // An open connection would keep the page out of the back/forward cache.
  listen(listening, 'pagehide', rest);
  listen(listening, 'pageshow', (event) => {
    if (!(event as PageTransitionEvent).persisted) return;
    session.hide();
    begin(true);
  });
  // Suppress the page's `beforeunload` dialog: possibly no user is present to answer. `beforeLeave` keeps unsaved work.
  addEventListener('beforeunload', (event) => state === 'logged-out' && event.stopImmediatePropagation());
  begin();
  return { answered: session.answered, check: () => sessionCheck.ask(true), stop };
}

function listen(listening: AbortController, types: string, handle: (event: Event) => void): void {
  // Capture: some of these events are dispatched on the document.
  for (const type of types.split(' '))
    addEventListener(type, handle, { signal: listening.signal, capture: true });
}

const idle = (): false => false;
