import { Directory } from './directory.js';
import { describeAnswer, type Notice, type WebhookType } from './delivery/delivery.js';
import { isPending, pageOf, type PendingPage } from './delivery/pending-list.js';
import { WebhookDeliverer } from './delivery/webhook-deliverer.js';
import type { WebhookDelivery } from './delivery/webhook-delivery.js';
import { postWebhook } from './delivery/webhook-sender.js';
import { faultySender } from './faults/faulty-sender.js';
import { Faults } from './faults/faults.js';
import { Logins } from './logins.js';
import { OAuthGrants } from './oauth/oauth-grants.js';
import type { ResolvedOptions } from './simulator-options.js';
import { UserTokens } from './user-tokens.js';

/** Meveto's behaviour without an HTTP server, shared by the routes and the {@link MevetoSimulator}. */
export class Meveto {
  readonly directory = new Directory();
  readonly logins = new Logins();
  readonly tokens: UserTokens;
  readonly grants: OAuthGrants;
  readonly deliverer: WebhookDeliverer;
  readonly faults: Faults;
  readonly #notices: Notice[] = [];

  constructor(readonly options: ResolvedOptions) {
    const { clock } = options;
    const now = () => clock.now();
    this.tokens = new UserTokens(now);
    this.grants = new OAuthGrants(now);
    this.faults = new Faults(options.faultSeed);
    this.deliverer = new WebhookDeliverer({
      retryDelayMs: options.retryDelayMs,
      attemptCount: options.attemptCount,
      deliveryTimeoutMs: options.deliveryTimeoutMs,
      clock,
      send: faultySender(this.faults, postWebhook),
      webhookUrlOf: (clientId) => this.directory.application(clientId)?.webhookUrl,
      onGivenUp: (delivery) => {
        this.#writeToOwner(delivery);
      },
    });
    this.deliverer.setSpeed(options.speed);
    for (const person of options.people) this.directory.addPerson(person);
    for (const application of options.applications) this.directory.addApplication(application);
  }

  /** Epoch milliseconds. */
  now(): number {
    return this.options.clock.now();
  }

  get notices(): readonly Notice[] {
    return this.#notices;
  }

  /** The person logs out of an application. */
  logOut(mevetoId: string, clientId: string): WebhookDelivery {
    const delivery = this.#notify('User_Logged_Out', mevetoId, clientId);
    this.logins.record(mevetoId, clientId, { kind: 'logged-out', at: delivery.createdAt });
    return delivery;
  }

  /** The person stops using Meveto with an application. */
  removeProtection(mevetoId: string, clientId: string): WebhookDelivery {
    const delivery = this.#notify('Meveto_Protection_Removed', mevetoId, clientId);
    this.logins.record(mevetoId, clientId, { kind: 'protection-removed', at: delivery.createdAt });
    return delivery;
  }

  /** The webhooks on an application's list of pending webhooks, oldest first. */
  pendingWebhooks(clientId: string): readonly WebhookDelivery[] {
    const isUsedUp = (token: string): boolean => this.tokens.isUsedUp(token);
    return this.deliverer.deliveries.filter(
      (delivery) => delivery.clientId === clientId && isPending(delivery, isUsedUp),
    );
  }

  pendingPage(clientId: string, cursor: number): PendingPage {
    return pageOf(this.pendingWebhooks(clientId), cursor, this.options.pendingPageSize);
  }

  #notify(type: WebhookType, mevetoId: string, clientId: string): WebhookDelivery {
    if (!this.directory.application(clientId)) {
      throw new Error(`No application has the client id ${clientId}. Register it with addApplication.`);
    }
    const userToken = this.tokens.issue(mevetoId);
    return this.deliverer.deliver({ type, clientId, mevetoId, userToken, createdAt: this.now() });
  }

  #writeToOwner(delivery: WebhookDelivery): void {
    const { clientId, mevetoId, type } = delivery;
    const owner = this.directory.application(clientId)?.name ?? clientId;
    const attempts = String(delivery.attempts.length);
    const last = delivery.attempts.at(-1)?.answer;
    const reason = last === undefined ? '' : ` The last answer was: ${describeAnswer(last)}.`;
    this.#notices.push({
      at: this.now(),
      clientId,
      mevetoId,
      type,
      text: `To the owner of ${owner}: ${type} for ${this.directory.nameOf(mevetoId)} was not acknowledged in ${attempts} attempts.${reason}`,
    });
  }
}
