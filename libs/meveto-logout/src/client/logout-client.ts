import { attempt } from './leaving.js';
import type { ConnectionState, LogoutClient, LogoutClientOptions } from './options.js';
import { createSessionCheck } from './session-check.js';
import { createPageSession } from './session.js';
import { socketTransport } from './socket-transport.js';
import { openTabs, type Tabs } from './tabs.js';

/**
 * Leaves the page as soon as its session is over, by `location.replace`, so that the back button does not bring it back:
 * told by the server, by another tab or by an answer of 401, or found out by asking. A lost connection is not a logout: the
 * page stays. Without a document, as where a server renders pages, it does nothing.
 */
export function connectMevetoLogout(options: LogoutClientOptions): LogoutClient {
  if (typeof document === 'undefined') return { answered: idle, check: idle, stop: idle };
  const { url = '', token, io, checkUrl = `${url}/meveto/session` } = options;
  const transport = options.transport ?? (io && socketTransport(io, url, checkUrl, token));
  const listening = new AbortController();
  const { signal } = listening;
  let isUp = false;
  let isLeaving = false;
  let tabs: Tabs | undefined;
  const tell = (state: ConnectionState): void => attempt(() => options.onStateChange?.(state));
  const session = createPageSession(
    options,
    signal,
    (notice) => {
      attempt(() => tabs?.postMessage(notice));
      stop();
      isLeaving = true;
      tell('logged-out');
    },
    () => ask(true),
  );
  const { ask, stop: askNoMore } = createSessionCheck(
    checkUrl,
    token,
    session.checked,
    () => !isUp && !document.hidden,
  );
  const begin = (askAtOnce?: boolean): void => {
    tabs = openTabs(session.heard);
    tell('connecting');
    transport?.start({
      up() {
        isUp = true;
        tell('connected');
        ask();
      },
      down() {
        isUp = false;
        tell('offline');
        ask();
      },
      loggedOut: session.loggedOut,
    });
    ask(askAtOnce);
  };
  const rest = (): void => {
    isUp = false;
    transport?.stop();
    askNoMore();
    tabs?.close();
  };
  const stop = (): void => {
    rest();
    listening.abort();
  };
  const listen = (types: string, hear: (event: Event) => void): void => {
    // Captured: some of them are the document's.
    for (const type of types.split(' ')) addEventListener(type, hear, { signal, capture: true });
  };
  // 'resume': the tab was frozen.
  listen('online visibilitychange resume', () => document.hidden || ask());
  // An open connection would keep the page out of the back/forward cache.
  listen('pagehide', rest);
  listen('pageshow', (event) => {
    if (!(event as PageTransitionEvent).persisted) return;
    session.hide();
    begin(true);
  });
  // Nobody may be at this browser to say whether unsaved work may be lost: that is for `beforeLeave`.
  addEventListener('beforeunload', (event) => isLeaving && event.stopImmediatePropagation());
  begin();
  return { answered: session.answered, check: () => ask(true), stop };
}

const idle = (): false => false;
