import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Delivery, Notice } from './delivery/delivery.js';
import type { Application, Person } from './directory.js';
import type { Faults } from './faults/faults.js';
import { createHttpApp } from './http-app.js';
import { Meveto } from './meveto.js';
import { isWithin, resolveOptions, SPEED_BOUNDS, type MevetoSimulatorOptions } from './simulator-options.js';
import type { Exchange } from './user-tokens.js';

const LOOPBACK = '127.0.0.1';

/**
 * A local Meveto: dashboard, login, user tokens, webhooks with retries, list of pending webhooks. Listens on 127.0.0.1
 * only. Keeps all data in memory as long as the object exists: after `stop()`, `start()` resumes with the same data
 * on the same port.
 */
export class MevetoSimulator {
  readonly #meveto: Meveto;
  #server: Server | undefined;
  #port: number;

  /** @throws {RangeError} when options are out of bounds; the message lists all of them */
  constructor(options: MevetoSimulatorOptions = {}) {
    const resolved = resolveOptions(options);
    this.#meveto = new Meveto(resolved);
    this.#port = resolved.port;
  }

  /** Listens, and resumes deliveries that a stop has interrupted. */
  async start(): Promise<void> {
    if (this.#server) return;
    const server = createServer(createHttpApp(this.#meveto));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.#port, LOOPBACK, resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
    this.#meveto.deliverer.start();
  }

  /** Closes all connections, aborts webhook requests in flight and ends all pauses. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await this.#meveto.deliverer.stop();
    if (!server) return;
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  }

  /** The port in use; before the first start, the configured port. */
  get port(): number {
    return this.#port;
  }

  /** Origin of the API and of the dashboard, without a trailing slash. */
  get url(): string {
    return `http://${LOOPBACK}:${String(this.#port)}`;
  }

  /** Planned faults: `faults.set({ exchange: { kind: 'lost-answer', count: 3 } })`. */
  get faults(): Faults {
    return this.#meveto.faults;
  }

  /** Factor by which the pauses between attempts are shortened. */
  get speed(): number {
    return this.#meveto.deliverer.speed;
  }

  /** @throws {RangeError} when the factor is not an integer from 1 to 100 000 */
  set speed(speed: number) {
    if (!isWithin(speed, SPEED_BOUNDS)) {
      throw new RangeError(
        `speed: got ${String(speed)}, expected an integer from 1 to ${String(SPEED_BOUNDS.to)}`,
      );
    }
    this.#meveto.deliverer.setSpeed(speed);
  }

  /** The Meveto accounts. */
  get people(): readonly Person[] {
    return this.#meveto.directory.people;
  }

  /** Adds a Meveto account, or renames the person. */
  addPerson(person: Person): void {
    this.#meveto.directory.addPerson(person);
  }

  /**
   * Registers an application, or replaces the one with the same client id.
   * @throws {TypeError} when one of its addresses is not an http or https URL
   */
  addApplication(application: Application): void {
    this.#meveto.directory.addApplication(application);
  }

  /** Returns a new one-time token for a person, without a webhook. */
  issueUserToken(mevetoId: string): string {
    return this.#meveto.tokens.issue(mevetoId);
  }

  /**
   * The action of the dashboard's button "Log out". Resolves when the first attempt has an answer or has failed;
   * further attempts follow automatically, until `settled`.
   * @throws {Error} when the application is unknown or the simulator is not running
   */
  async logOut(mevetoId: string, clientId: string): Promise<Delivery> {
    const delivery = this.#meveto.logOut(mevetoId, clientId);
    await delivery.firstAttempted;
    return delivery;
  }

  /**
   * The action of the dashboard's button "Stop using Meveto here". Resolves like {@link logOut}.
   * @throws {Error} when the application is unknown or the simulator is not running
   */
  async removeProtection(mevetoId: string, clientId: string): Promise<Delivery> {
    const delivery = this.#meveto.removeProtection(mevetoId, clientId);
    await delivery.firstAttempted;
    return delivery;
  }

  /** Every request to the user endpoint, oldest first. */
  get exchanges(): readonly Exchange[] {
    return this.#meveto.tokens.exchanges;
  }

  /** Every event and its delivery to the application, oldest first. */
  get deliveries(): readonly Delivery[] {
    return this.#meveto.deliverer.deliveries;
  }

  /** Every e-mail to an application's owner, oldest first. */
  get notices(): readonly Notice[] {
    return this.#meveto.notices;
  }

  /** The entries of an application's list of pending webhooks, oldest first. */
  pendingWebhooks(clientId: string): readonly Delivery[] {
    return this.#meveto.pendingWebhooks(clientId);
  }
}
