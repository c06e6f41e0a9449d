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
 * Meveto on this machine: dashboard, login, user tokens, webhooks with retries, pending list. Listens on 127.0.0.1
 * only. Keeps everything in memory, for as long as the object lives: after `stop()`, `start()` goes on where it left
 * off, on the same port.
 */
export class MevetoSimulator {
  readonly #meveto: Meveto;
  #server: Server | undefined;
  #port: number;

  /** @throws {RangeError} when an option is out of bounds; the message lists them all */
  constructor(options: MevetoSimulatorOptions = {}) {
    const resolved = resolveOptions(options);
    this.#meveto = new Meveto(resolved);
    this.#port = resolved.port;
  }

  /** Listens, and takes up deliveries that a stop has interrupted. */
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

  /** Closes all connections, ends webhook calls under way and clears all timers. */
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

  /** The port listened on; before the first start, the one asked for. */
  get port(): number {
    return this.#port;
  }

  /** Origin of the API and of the dashboard, without a slash at the end. */
  get url(): string {
    return `http://${LOOPBACK}:${String(this.#port)}`;
  }

  /** What goes wrong, on demand: `faults.set({ exchange: { kind: 'lost-answer', count: 3 } })`. */
  get faults(): Faults {
    return this.#meveto.faults;
  }

  /** How many times faster than in real life the waits between attempts pass. */
  get speed(): number {
    return this.#meveto.deliverer.speed;
  }

  /** @throws {RangeError} when it is no integer from 1 to 100 000 */
  set speed(speed: number) {
    if (!isWithin(speed, SPEED_BOUNDS)) {
      throw new RangeError(
        `speed: got ${String(speed)}, give an integer from 1 to ${String(SPEED_BOUNDS.to)}`,
      );
    }
    this.#meveto.deliverer.setSpeed(speed);
  }

  /** Gives someone a Meveto account, or renames them. */
  addPerson(person: Person): void {
    this.#meveto.directory.addPerson(person);
  }

  /**
   * Registers an application, or replaces the one with the same client id.
   * @throws {TypeError} when one of its addresses is no http or https URL
   */
  addApplication(application: Application): void {
    this.#meveto.directory.addApplication(application);
  }

  /** A fresh one-time token for a person, without any webhook call. */
  issueUserToken(mevetoId: string): string {
    return this.#meveto.tokens.issue(mevetoId);
  }

  /**
   * What the dashboard's button "Log out" does. Resolves when the first attempt has been answered or has failed;
   * further attempts follow by themselves, until `settled`.
   * @throws {Error} when the application is unknown or the simulator is not running
   */
  async logOut(mevetoId: string, clientId: string): Promise<Delivery> {
    const delivery = this.#meveto.logOut(mevetoId, clientId);
    await delivery.firstAttempted;
    return delivery;
  }

  /**
   * What the dashboard's button "Stop using Meveto here" does. Resolves as {@link logOut} does.
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

  /** Every event and its way to the application, oldest first. */
  get deliveries(): readonly Delivery[] {
    return this.#meveto.deliverer.deliveries;
  }

  /** Every e-mail to an application's owner, oldest first. */
  get notices(): readonly Notice[] {
    return this.#meveto.notices;
  }

  /** What is on an application's pending list, oldest first. */
  pendingCalls(clientId: string): readonly Delivery[] {
    return this.#meveto.pendingCalls(clientId);
  }
}
