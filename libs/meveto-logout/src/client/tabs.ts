import { NAME } from '../protocol/index.js';
import type { LeaveMessage } from './transport.js';

/** The notice of a tab that leaves its page to other tabs of its origin. */
export interface TabNotice {
  readonly message: LeaveMessage;
  /** The ended session, as the server's check named it; undefined if unknown. */
  readonly session: string | undefined;
  readonly signedInAt: number;
}

/** The other tabs of this origin, by BroadcastChannel; by the storage event where there is no BroadcastChannel. */
export interface Tabs {
  postMessage(notice: TabNotice): void;
  close(): void;
}

export function openTabs(receive: (notice: TabNotice) => void): Tabs {
  if (typeof BroadcastChannel === 'function') {
    const channel = new BroadcastChannel(NAME);
    channel.onmessage = (event: MessageEvent<TabNotice>) => receive(event.data);
    return channel;
  }
  const onStorage = ({ key, newValue }: StorageEvent): void => {
    if (key === NAME && newValue) receive(JSON.parse(newValue) as TabNotice);
  };
  addEventListener('storage', onStorage);
  return {
    // A session ends once: two notices never have the same text, so that each one fires an event.
    postMessage: (notice) => localStorage.setItem(NAME, JSON.stringify(notice)),
    close: () => removeEventListener('storage', onStorage),
  };
}
