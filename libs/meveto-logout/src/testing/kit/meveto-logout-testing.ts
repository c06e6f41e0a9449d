import { ModuleRef } from '@nestjs/core';
import { Clock } from '../../core/index.js';
import { GIVEN_OPTIONS, STATIC_FAULTS } from '../../module-definition.js';
import type { MevetoLogoutOptions } from '../../options.js';
import { RESOLVED_OPTIONS, resolveOptions } from '../../resolve-options.js';
import type { JobRecord } from '../../store/index.js';
import { type MemoryStore, memoryStore, type MemoryUser } from '../../store/memory/index.js';
import { FakeClock } from '../fake-clock.js';
import { type Delivery, describeAnswer } from '../simulator/delivery/delivery.js';
import { MevetoSimulator } from '../simulator/meveto-simulator.js';
import { type Access, faultOf } from './access.js';
import { TestedApplication } from './tested-application.js';
import { waitUntil } from './wait-until.js';

const CLIENT = { clientId: 'meveto-logout-testing', clientSecret: 'only-for-the-simulator-of-tests' };
const LOOPBACK = ['127.0.0.1', '::1'];
const NOWHERE = 'http://127.0.0.1:9/';
const JOB_DEADLINE_MS = 10_000;

/** A user of the application who is connected with Meveto. */
export interface TestUser {
  /** The application's id of the user. */
  readonly id: string | number;
  readonly mevetoId: string;
}

export interface MevetoLogoutTestingOptions {
  /**
   * The users in the memory store. Not needed with `keepStore`.
   * @defaultValue none
   */
  readonly users?: readonly MemoryUser[];
  /**
   * Whether the application keeps the store of its own options. Otherwise it gets a memory store, which needs the package better-sqlite3.
   * @defaultValue false
   */
  readonly keepStore?: boolean;
}

/** The part of `TestingModuleBuilder` of `@nestjs/testing` that the kit uses. */
export interface OverridableModule {
  overrideProvider(token: unknown): {
    useValue(value: unknown): unknown;
    useFactory(options: { factory: (...given: never[]) => unknown; inject: unknown[] }): unknown;
  };
}

/** Checks all known ways in which a user was signed in. */
export interface AccessExpectation {
  /**
   * Checks every cookie, token and socket that `signedIn` was told of: for up to 3 s each, since sockets close and replicas learn of a
   * logout a moment later.
   * @throws {Error} with one line for each that is not as expected, or when none is known
   */
  everywhere(): Promise<void>;
}

/**
 * Starts a Meveto on 127.0.0.1 for the tests of an application.
 * @see docs/testing.md
 */
export async function createMevetoLogoutTesting(
  options: MevetoLogoutTestingOptions = {},
): Promise<MevetoLogoutTesting> {
  const testing = new MevetoLogoutTesting(options);
  await testing.simulator.start();
  return testing;
}

/** What `createMevetoLogoutTesting()` returns. */
export class MevetoLogoutTesting {
  /** The time of Meveto, of the module and of the memory store. */
  readonly clock = new FakeClock();
  /** The Meveto of the tests: plan its faults, and see what it has sent and received. */
  readonly simulator = new MevetoSimulator({ clock: this.clock, applications: [applicationAt(NOWHERE)] });
  /** The memory store. Not used with `keepStore`. */
  readonly store: MemoryStore;
  readonly #keepStore: boolean;
  readonly #applications: TestedApplication[] = [];
  readonly #access = new Map<string, Access[]>();

  constructor({ users = [], keepStore = false }: MevetoLogoutTestingOptions) {
    this.store = memoryStore({ users, clock: this.clock });
    this.#keepStore = keepStore;
  }

  /**
   * Replaces what the application's `MevetoLogoutModule` has of the outside world: the address of Meveto and the credentials, the clock,
   * and, without `keepStore`, the store. All other options stay, e.g. `session`. Call it before `compile()`. Several applications may use
   * one kit, as replicas.
   * @param builder what `Test.createTestingModule({ imports: [AppModule] })` returns
   * @returns the same builder
   */
  useIn<Builder extends OverridableModule>(builder: Builder): Builder {
    builder.overrideProvider(Clock).useValue(this.clock);
    builder.overrideProvider(RESOLVED_OPTIONS).useFactory({
      inject: [GIVEN_OPTIONS, STATIC_FAULTS, ModuleRef],
      factory: (given: MevetoLogoutOptions, staticFaults: readonly string[], module: ModuleRef) => {
        this.#applications.push(new TestedApplication(module));
        return resolveOptions(this.#replaced(given), 1, staticFaults);
      },
    });
    return builder;
  }

  /**
   * Tells the kit how a user is signed in, and checks that it is so now: otherwise a test would pass without any logout.
   * @throws {Error} when the cookie, token or socket does not let the user in
   */
  async signedIn(user: TestUser, access: Access): Promise<void> {
    const fault = await faultOf(access, 'signed-in', this.#application().origin);
    if (fault !== undefined) throw new Error(`signedIn, user ${nameOf(user)}: ${fault}`);
    this.#access.set(nameOf(user), [...this.#accessOf(user), access]);
  }

  /**
   * Logs a user out on Meveto's dashboard, and waits until the application has applied the logout. Meveto's pauses between attempts, and
   * the application's pause after a failed exchange, take no time.
   * @throws {Error} when the application does not acknowledge or does not apply the logout; the message says why
   */
  async logOut(user: TestUser): Promise<void> {
    await this.#deliver(user, (mevetoId) => this.simulator.logOut(mevetoId, CLIENT.clientId));
  }

  /** Removes Meveto's protection from a user. Waits and throws like {@link logOut}. No session ends. */
  async removeProtection(user: TestUser): Promise<void> {
    await this.#deliver(user, (mevetoId) => this.simulator.removeProtection(mevetoId, CLIENT.clientId));
  }

  /** Expects that no session, token or socket of the user is left, of those that `signedIn` was told of. */
  expectLoggedOut(user: TestUser): AccessExpectation {
    return { everywhere: () => this.#check(user, 'logged-out') };
  }

  /** Expects that every session, token and socket of the user still works, of those that `signedIn` was told of. */
  expectSignedIn(user: TestUser): AccessExpectation {
    return { everywhere: () => this.#check(user, 'signed-in') };
  }

  /** Stops Meveto. Close the application first. */
  async close(): Promise<void> {
    await this.simulator.stop();
  }

  #replaced(given: MevetoLogoutOptions): MevetoLogoutOptions {
    const { webhook } = given;
    return {
      ...given,
      ...CLIENT,
      apiUrl: this.simulator.url,
      outbound: {},
      webhook: { ...webhook, ...(webhook?.allowFrom !== undefined && { allowFrom: LOOPBACK }) },
      ...(!this.#keepStore && { store: this.store }),
    };
  }

  #application(): TestedApplication {
    const application = this.#applications.at(-1);
    if (application !== undefined) return application;
    throw new Error(
      'No application uses this kit. Compile one with it: await meveto.useIn(Test.createTestingModule({ imports: [AppModule] })).compile(). ' +
        'AppModule must import MevetoLogoutModule.',
    );
  }

  #accessOf(user: TestUser): readonly Access[] {
    return this.#access.get(nameOf(user)) ?? [];
  }

  async #check(user: TestUser, expected: 'signed-in' | 'logged-out'): Promise<void> {
    const known = this.#accessOf(user);
    const name = nameOf(user);
    if (known.length === 0) {
      throw new Error(
        `Nothing is known of user ${name}. Tell the kit of each session, token and socket after the login: ` +
          "await meveto.signedIn(user, { path: '/profile', cookie }).",
      );
    }
    const { origin } = this.#application();
    const faults = await Promise.all(known.map((access) => faultOf(access, expected, origin)));
    const found = faults.filter((fault) => fault !== undefined);
    if (found.length === 0) return;
    const title = `User ${name} is not ${expected === 'logged-out' ? 'logged out' : 'signed in'} everywhere:`;
    throw new Error([title, ...found.map((fault) => `- ${fault}`)].join('\n'));
  }

  async #deliver(user: TestUser, send: (mevetoId: string) => Promise<Delivery>): Promise<void> {
    const application = this.#application();
    const webhookUrl = await application.webhookUrl();
    this.simulator.addApplication(applicationAt(webhookUrl));
    const delivery = await send(user.mevetoId);
    while (delivery.nextAttemptAt !== undefined) {
      await this.clock.advance(Math.max(0, delivery.nextAttemptAt - this.clock.now()));
    }
    await delivery.settled;
    if (delivery.state === 'failed') throw new Error(unacknowledged(delivery, new URL(webhookUrl).origin));
    const job = await untilFinished(application, delivery.userToken);
    if (job.state !== 'applied') throw new Error(notApplied(job, user));
  }
}

async function untilFinished(application: TestedApplication, userToken: string): Promise<JobRecord> {
  let job: JobRecord | undefined;
  const isFinished = await waitUntil(JOB_DEADLINE_MS, async () => {
    job = await application.jobOf(userToken);
    if (job?.state === 'pending' && job.attempts > 0) await application.retry(job);
    return job !== undefined && job.state !== 'pending';
  });
  if (isFinished && job !== undefined) return job;
  throw new Error(
    `The application has acknowledged the webhook, but has not carried it out within ${String(JOB_DEADLINE_MS)} ms` +
      `${job?.reason === undefined ? '' : ` (${job.reason})`}. Call app.init() or app.listen(0), and do not stop timers by fake timers.`,
  );
}

const nameOf = ({ id }: TestUser): string => JSON.stringify(String(id));

const applicationAt = (webhookUrl: string) => ({
  ...CLIENT,
  name: 'Tested application',
  webhookUrl,
  homeUrl: NOWHERE,
});

function unacknowledged({ attempts }: Delivery, origin: string): string {
  const answers = attempts.map(({ answer }) => (answer === undefined ? 'no answer' : describeAnswer(answer)));
  return (
    `The application at ${origin} did not acknowledge the webhook in ${String(attempts.length)} attempts: ${answers.join(', ')}. ` +
    'It must be initialised: call app.init() or app.listen(0). For planned faults, use meveto.simulator.logOut().'
  );
}

function notApplied({ state, reason }: JobRecord, user: TestUser): string {
  if (state === 'unknown_user') {
    return `No user has the Meveto ID ${JSON.stringify(user.mevetoId)}. Add it to the user ${nameOf(user)} in the store, e.g. by the option users.`;
  }
  return `The webhook ended as ${state}${reason === undefined ? '' : ` (${reason})`}. For planned faults, use meveto.simulator.logOut().`;
}
