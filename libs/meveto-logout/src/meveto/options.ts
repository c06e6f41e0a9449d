import type { Agent } from 'node:http';
import type { PendingWebhookSource } from './pending-webhook-source.js';

/** The application's registration at Meveto, and the connection to Meveto. */
export interface MevetoOptions {
  /** The application's client id at Meveto. Without a client id the start fails with an error. */
  readonly clientId: string | undefined;
  /**
   * The application's client secret at Meveto. Without `keys`, the keys for sealing and for digests are derived from the secret:
   * then the secret needs at least 16 bytes, of which 8 are different.
   */
  readonly clientSecret: string | undefined;
  /**
   * Origin of Meveto's API: https, or http on a loopback address.
   * @defaultValue 'https://prod.meveto.com'
   * @see docs/protocol.md#user-endpoint
   */
  readonly apiUrl?: string;
  readonly outbound?: OutboundOptions;
  readonly exchange?: ExchangeOptions;
  readonly reconcile?: ReconcileOptions;
  readonly webhook?: WebhookOptions;
}

/** Connections to Meveto. */
export interface OutboundOptions {
  /**
   * A Node agent for every request to Meveto, for example from `https-proxy-agent` behind a proxy. The agent chooses the
   * connections and their number. Once the agent returns a connection, the request counts as sent: after a failure the job
   * becomes `ambiguous` if its token turns out to be used up, even if no byte was sent.
   * Environment variables such as HTTPS_PROXY are ignored.
   * @defaultValue none, kept-alive connections straight to `apiUrl`, one more than `inbox.concurrency`
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
   * Deadline of one request to Meveto. Integer, 100 to 22 500, and at most three quarters of `inbox.leaseMs`, so that two
   * replicas never process the same slow answer.
   * @defaultValue 5000, or three quarters of `inbox.leaseMs` if that is less
   */
  readonly timeoutMs?: number;
}

/** Polling Meveto for webhooks that never arrived. */
export interface ReconcileOptions {
  /**
   * When to poll: a cron expression of five fields, or six with seconds.
   * @defaultValue every five minutes
   */
  readonly cron?: string;
  /**
   * Path of Meveto's webhook API below `apiUrl`. Meveto does not document this path: the default is an assumption.
   * @defaultValue '/api/client/webhooks/pending'
   * @see docs/protocol.md#list-of-pending-webhooks
   */
  readonly path?: string;
  /**
   * Code of the application that reads the list if Meveto's API has another form. With a source, leave out `path`.
   * @defaultValue none
   * @see docs/protocol.md#a-source-of-your-own
   */
  readonly source?: PendingWebhookSource;
}

/** Protection of the webhook. */
export interface WebhookOptions {
  /**
   * Secret last segment of the webhook's path: `/meveto/webhook/<secret>`; the plain path is then 404. At least 22
   * URL-safe characters (A-Z a-z 0-9 _ -). Without a secret others can send webhooks, also removals of protection: a start with
   * `NODE_ENV=production` then logs a warning.
   * @defaultValue none
   */
  readonly secretPath?: string | undefined;
  /**
   * Addresses that may send webhooks, IPv4 or IPv6, single or as ranges: `['203.0.113.0/24', '2001:db8::7']`. Other addresses
   * get a 403 answer. Behind a proxy, the HTTP adapter's own setting for trusted proxies decides which address counts.
   * @defaultValue every address
   */
  readonly allowFrom?: readonly string[];
}
