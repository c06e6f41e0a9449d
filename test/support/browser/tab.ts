/**
 * The part of Playwright's interface that the browser tests use, so that the same tests run on a browser that Playwright
 * cannot drive. Playwright's classes satisfy it as they are.
 */
export interface TestBrowser {
  newContext(options?: { viewport: Viewport }): Promise<Profile>;
  close(): Promise<void>;
}

export interface Viewport {
  readonly width: number;
  readonly height: number;
}

/** A browser profile with cookies of its own. */
export interface Profile {
  /** Sends requests with the profile's cookies, and keeps those of the answers. */
  readonly request: { post(url: string, options: PostOptions): Promise<Answer> };
  newPage(): Promise<Tab>;
  cookies(url: string): Promise<Cookie[]>;
  addCookies(cookies: readonly (Cookie & { readonly url: string })[]): Promise<void>;
  setOffline(isOffline: boolean): Promise<void>;
  close(): Promise<void>;
}

export interface PostOptions {
  /** Sent as JSON. */
  readonly data: object;
  readonly headers?: Record<string, string>;
}

export interface Answer {
  ok(): boolean;
  status(): number;
  text(): Promise<string>;
}

export interface Cookie {
  readonly name: string;
  readonly value: string;
}

/** Without a name `load`; `commit` is the moment in which the new document replaces the old one. */
export type Moment = 'commit' | 'load';

export interface Timeout {
  /** In ms, by default 30,000. */
  readonly timeout?: number;
}

export interface Tab extends Scope {
  readonly keyboard: { type(text: string): Promise<void> };
  on(event: 'dialog', listener: (dialog: Dialog) => void): unknown;
  goto(url: string): Promise<unknown>;
  reload(): Promise<unknown>;
  /** Resolves with null, or rejects, if there is no earlier page. */
  goBack(options?: { readonly waitUntil?: Moment }): Promise<unknown>;
  setContent(html: string): Promise<void>;
  addScriptTag(script: { readonly url: string }): Promise<unknown>;
  waitForURL(url: string | RegExp, options?: Timeout & { readonly waitUntil?: Moment }): Promise<void>;
  waitForLoadState(state?: 'load' | 'networkidle'): Promise<void>;
  /** Calls a function, which must not use names of its module, or evaluates an expression in the page. */
  evaluate<T>(inPage: string | (() => T | Promise<T>)): Promise<T>;
  screenshot(options?: { readonly path?: string; readonly fullPage?: boolean }): Promise<Buffer>;
  /** Makes this the visible tab. */
  bringToFront(): Promise<void>;
  close(): Promise<void>;
}

export interface Dialog {
  type(): string;
  dismiss(): Promise<void>;
}

/** Where elements are looked up: a page, or elements of it. */
export interface Scope {
  locator(selector: string): Part;
  getByLabel(text: string): Part;
  getByRole(role: Role, options?: RoleOptions): Part;
  /** The innermost elements with the text: a part of it in any case, or all of it if `exact`. */
  getByText(text: string, options?: { readonly exact?: boolean }): Part;
}

export type Role = 'alert' | 'button' | 'checkbox' | 'heading' | 'link';

export interface RoleOptions {
  readonly name?: string | RegExp;
  readonly exact?: boolean;
}

/** Elements, looked up at each call. Actions and texts need exactly one, and wait for it. */
export interface Part extends Scope {
  first(): Part;
  nth(index: number): Part;
  count(): Promise<number>;
  isVisible(): Promise<boolean>;
  textContent(): Promise<string | null>;
  /** Waits until the element is visible. */
  waitFor(options?: Timeout): Promise<void>;
  click(): Promise<void>;
  check(): Promise<void>;
  fill(text: string): Promise<void>;
}
