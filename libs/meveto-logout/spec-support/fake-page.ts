import { jest } from '@jest/globals';

type Listener = (argument: never) => void;

/** The part of a Socket.IO socket that the client uses. */
export class FakeSocket {
  readonly #listeners = new Map<string, Listener>();
  /** False like Socket.IO's own after the server has refused or closed the connection. */
  active = false;
  readonly disconnect = jest.fn(() => {
    this.receive('disconnect', 'io client disconnect');
  });
  readonly connect = jest.fn();

  constructor(
    readonly url: string,
    readonly options: Record<string, unknown>,
  ) {}

  on(event: string, listener: Listener): this {
    this.#listeners.set(event, listener);
    return this;
  }

  receive(event: string, argument?: unknown): void {
    this.#listeners.get(event)?.(argument as never);
  }
}

class FakeElement {
  readonly children: FakeElement[] = [];
  parent: FakeElement | undefined;
  inert = false;
  role: string | null = null;
  textContent = '';
  readonly style = { cssText: '' };

  appendChild(child: FakeElement): FakeElement {
    this.children.push(child);
    child.parent = this;
    return child;
  }

  remove(): void {
    this.parent?.children.splice(this.parent.children.indexOf(this), 1);
  }
}

/** Storage of a browser. Reports changes, which are events in other tabs. */
class FakeStorage {
  readonly #values = new Map<string, string>();
  readonly changed: (key: string, newValue: string | null) => void;

  constructor(changed: FakeStorage['changed'] = () => undefined) {
    this.changed = changed;
  }

  getItem(key: string): string | null {
    return this.#values.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.getItem(key) === value) return;
    this.#values.set(key, value);
    this.changed(key, value);
  }

  removeItem(key: string): void {
    if (this.#values.delete(key)) this.changed(key, null);
  }
}

const CHANGED = [
  'document',
  'location',
  'addEventListener',
  'removeEventListener',
  'sessionStorage',
  'localStorage',
  'BroadcastChannel',
  'fetch',
] as const;

/** A browser page. Replaces globals that Node lacks or implements differently. */
export class FakePage {
  readonly sockets: FakeSocket[] = [];
  readonly io = (url: string, options: Record<string, unknown>): FakeSocket => {
    const socket = new FakeSocket(url, options);
    this.sockets.push(socket);
    return socket;
  };
  readonly replace = jest.fn<(url: string) => void>();
  readonly location = {
    origin: 'https://app.example',
    href: 'https://app.example/inbox?x=1#top',
    replace: this.replace,
  };
  readonly root = new FakeElement();
  readonly document = {
    hidden: false,
    documentElement: this.root,
    body: this.root.appendChild(new FakeElement()),
    createElement: () => new FakeElement(),
  };
  readonly window = new EventTarget();
  /** Messages to other tabs by BroadcastChannel, and open channels. */
  readonly sent: unknown[] = [];
  readonly channels = new Set<{ onmessage?: (event: { data: unknown }) => void }>();
  readonly stored: [string, string | null][] = [];
  readonly fetch = jest.fn<(url: string, init: RequestInit) => Promise<unknown>>();
  readonly #before = new Map<string, PropertyDescriptor | undefined>();

  constructor({ broadcastChannel = true } = {}) {
    const globals: Record<(typeof CHANGED)[number], unknown> = {
      document: this.document,
      location: this.location,
      addEventListener: this.window.addEventListener.bind(this.window),
      removeEventListener: this.window.removeEventListener.bind(this.window),
      sessionStorage: new FakeStorage(),
      localStorage: new FakeStorage((key, value) => this.stored.push([key, value])),
      BroadcastChannel: broadcastChannel ? this.#channelClass() : undefined,
      fetch: this.fetch,
    };
    for (const name of CHANGED) {
      this.#before.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
      Object.defineProperty(globalThis, name, { value: globals[name], configurable: true, writable: true });
    }
    this.answer(200, { state: 'live', session: 'alice', signedInAt: 1_000 });
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('There is no connection.');
    return socket;
  }

  /** Text of the element that covers the page; undefined when the page is visible. */
  get cover(): string | undefined {
    const { body } = this.document;
    const box = this.root.children.find((child) => child !== body);
    const isHidden = body.inert && body.style.cssText.endsWith(';display:none!important');
    if (isHidden !== (box !== undefined)) throw new Error('The page is neither hidden nor shown.');
    return box?.textContent;
  }

  /** Sets the answer to all further checks. */
  answer(status: number, body: unknown): void {
    this.fetch.mockImplementation(() => Promise.resolve({ status, json: () => Promise.resolve(body) }));
  }

  fail(): void {
    this.fetch.mockImplementation(() => Promise.reject(new TypeError('Failed to fetch')));
  }

  happens(type: string, properties: object = {}): Event {
    const event = Object.assign(new Event(type, { cancelable: true }), properties);
    this.window.dispatchEvent(event);
    return event;
  }

  /** Delivers a message of another tab. */
  receives(notice: unknown): void {
    for (const channel of this.channels) channel.onmessage?.({ data: notice });
  }

  close(): void {
    for (const [name, descriptor] of this.#before) {
      Reflect.deleteProperty(globalThis, name);
      if (descriptor !== undefined) Object.defineProperty(globalThis, name, descriptor);
    }
  }

  #channelClass() {
    const { channels, sent } = this;
    return class {
      onmessage?: (event: { data: unknown }) => void;

      constructor() {
        channels.add(this);
      }

      postMessage(notice: unknown): void {
        if (!channels.has(this)) throw new Error('The channel is closed.');
        sent.push(structuredClone(notice));
      }

      close(): void {
        channels.delete(this);
      }
    };
  }
}
