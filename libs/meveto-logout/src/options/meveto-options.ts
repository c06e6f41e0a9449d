import type { Agent } from 'node:http';
import type { PendingCallSource } from '../reconcile/pending-call-source.js';
import type { PendingFields } from '../reconcile/pending-fields.js';

/** How Meveto is reached. */
export interface OutboundOptions {
  /**
   * The agent of Node's kind by which every request to Meveto goes, e.g. one of `https-proxy-agent` where the way out is a
   * proxy; it chooses connections and their number. What it hands over is taken for sent: a failure from then on that
   * an own connection would have shown to be harmless makes a call `ambiguous` when its token turns out to be used up.
   * Environment variables such as HTTPS_PROXY are never heeded.
   * @defaultValue none: kept-alive connections straight to `apiUrl`, one more than `exchange.concurrency`
   */
  readonly agent?: Agent;
}

/** The exchange of one-time tokens for Meveto IDs. */
export interface ExchangeOptions {
  /**
   * Path of Meveto's user endpoint below `apiUrl`.
   * @defaultValue '/api/client/user-for-token'
   * @see docs/protocol.md#user-endpoint
   */
  readonly path?: string;
  /**
   * Deadline of one request to Meveto, in milliseconds. Integer, 100 to 60 000, and at most three quarters of `leaseMs`,
   * so that a slow answer is never processed twice.
   * @defaultValue 5000
   */
  readonly timeoutMs?: number;
  /**
   * Requests on their way at the same time, per process. Integer, 1 to 256.
   * @defaultValue 16
   */
  readonly concurrency?: number;
  /**
   * Requests started per second, per process. Integer, 1 to 10 000.
   * @defaultValue 100
   */
  readonly perSecond?: number;
}

/** Asking Meveto for calls that never arrived. */
export interface ReconcileOptions {
  /**
   * When to ask: a cron expression of five fields, or six with seconds.
   * @defaultValue every five minutes
   */
  readonly cron?: string;
  /**
   * Path of Meveto's webhook API below `apiUrl`. Meveto does not document it: this default is an assumption.
   * @defaultValue '/api/client/webhooks/pending'
   * @see docs/protocol.md#pending-calls
   */
  readonly path?: string;
  /**
   * How the application shows who it is: 'basic' by client id and client secret, else by the headers that a function gives for
   * each request, e.g. `() => ({ Authorization: `Bearer ${token}` })`.
   * @defaultValue 'basic'
   */
  readonly authentication?: 'basic' | (() => HeadersOf | Promise<HeadersOf>);
  /**
   * Name of the query parameter with the cursor of a page.
   * @defaultValue 'cursor'
   */
  readonly cursorParameter?: string;
  /**
   * What the answer's status must be; false: anything, as long as it has a list of calls.
   * @defaultValue 'Pending_Webhooks_Retrieved'
   */
  readonly expectedStatus?: string | false;
  /**
   * Where things stand in an answer: names, or paths of names with dots.
   * @defaultValue { status: 'status', calls: 'payload.webhooks', next: 'payload.next', id: 'id', type: 'type',
   * userToken: 'user_token', createdAt: 'created_at' }
   */
  readonly fields?: Partial<PendingFields>;
  /**
   * Reads the list in a way of the application's own; the options above but `cron` then say nothing, and may not be given.
   * @defaultValue none
   * @see docs/protocol.md#a-source-of-your-own
   */
  readonly source?: PendingCallSource;
}

type HeadersOf = Readonly<Record<string, string>>;
