import { NAME } from './protocol.js';
import type { LeaveMessage } from './transport.js';

/** What a tab that is being left tells the others of its origin. */
export interface TabNotice {
  readonly message: LeaveMessage;
  /** Of the session that is over, as the server's check named them; undefined where that is unknown. */
  readonly session: string | undefined;
  readonly signedInAt: number;
}

/** The other tabs of this origin, by BroadcastChannel, or by the storage event where there is none. */
export interface Tabs {
  postMessage(notice: TabNotice): void;
  close(): void;
}

export function openTabs(hear: (notice: TabNotice) => void): Tabs {
  if (typeof BroadcastChannel === 'function') {
    const channel = new BroadcastChannel(NAME);
    channel.onmessage = ({ data }: MessageEvent<TabNotice>) => hear(data);
    return channel;
  }
  const onStorage = ({ key, newValue }: StorageEvent): void => {
    if (key === NAME && newValue) hear(JSON.parse(newValue) as TabNotice);
  };
  addEventListener('storage', onStorage);
  return {
    // A session is over once: no two notices read the same, so that each is a change.
    postMessage: (notice) => localStorage.setItem(NAME, JSON.stringify(notice)),
    close: () => removeEventListener('storage', onStorage),
  };
}
