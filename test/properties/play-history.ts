import { LoginOutdatedError } from 'nestjs-meveto-logout';
import type { ClaimedJob, IncomingJob } from '../../libs/meveto-logout/src/store/inbox-jobs.js';
import { LOGOUT } from '../../libs/meveto-logout/src/store/job.js';
import { openedBy } from '../../libs/meveto-logout/src/testing/conformance/opened-store.js';
import { type ClockedStore, mevetoIdOf, userIdOf, USERS } from './clocked-store.js';
import { type Command, DAY_MS, type History } from './commands.js';
import { LEASE_MS, Replica } from './replica.js';
import { type ModelSession, SessionModel } from './session-model.js';

interface PressedWebhook {
  readonly user: number;
  readonly createdAt: number;
  isListed: boolean;
  /** Digest of the token that the job has now. */
  digest: string;
}

type ReplicaCommand = Extract<Command, { replica: number }>;

interface Answer {
  readonly replica: Replica;
  readonly job: ClaimedJob;
  readonly place: number;
  readonly pressed: PressedWebhook;
  readonly kind: 'person' | 'invalid';
}

/** Runs a history on the code of the module and on the model, and compares both after every step. */
export class Play {
  readonly #model = new SessionModel();
  readonly #sessions: ModelSession[] = [];
  readonly #webhooks: PressedWebhook[] = [];
  readonly #replicas: readonly [Replica, Replica];
  readonly #answers: Answer[] = [];
  readonly #usedTokens = new Set<string>();
  #renewedCount = 0;
  #latestClock: number;

  constructor(
    private readonly opened: ClockedStore,
    { skewsMs }: History,
  ) {
    this.#latestClock = opened.clock.at;
    this.#replicas = [new Replica(opened, skewsMs[0]), new Replica(opened, skewsMs[1])];
  }

  /** @throws {Error} when code and model differ */
  static async run(opened: ClockedStore, history: History): Promise<void> {
    const play = new Play(opened, history);
    await play.#setClock(opened.clock.at);
    for (const command of history.commands) {
      await play.#step(command);
      play.#compare(JSON.stringify(command));
    }
    await play.#finishAll();
    play.#compare('all jobs were finished');
    for (const replica of play.#replicas) await play.#restart(replica);
    play.#compare('both replicas were restarted');
    await play.#compareTokens();
  }

  #step(command: Command): Promise<void> | void {
    if ('replica' in command) {
      return this.#stepOfReplica(command, this.#replicas[command.replica % 2] ?? this.#replicas[0]);
    }
    if ('ms' in command) return this.#setClock(this.#now() + command.ms);
    switch (command.do) {
      case 'write-row':
        return this.#writeRow(command.user, this.#now() + command.aheadMs);
      case 'log-in':
        return this.#logIn(command.user, command.authenticatedAgoMs);
      case 'press':
        this.#press(command.user, command.skewMs);
        return;
      case 'deliver':
        return this.#deliver(command.webhook);
      case 'list':
        return this.#list(command);
      case 'answer':
        return this.#answer(command.answer, command.isLost);
    }
  }

  #stepOfReplica(command: ReplicaCommand, replica: Replica): Promise<void> | void {
    switch (command.do) {
      case 'claim':
        return this.#claim(replica);
      case 'look':
        return replica.look(this.#model.allApplied());
      case 'see':
        replica.see();
        return;
      case 'restart':
        return this.#restart(replica);
      case 'forget':
        this.#model.forgot(replica.forgetsUntil());
        return replica.forget();
    }
  }

  /** Sets the clock, back by one day at most. Reads the clock as a poll does. */
  async #setClock(at: number): Promise<void> {
    this.opened.clock.at = Math.max(at, this.#latestClock - DAY_MS);
    this.#latestClock = Math.max(this.#latestClock, this.#now());
    this.#model.sees(this.#now());
    await this.opened.store.logoutStore.committedSince(this.#now());
  }

  async #writeRow(user: number, at: number): Promise<void> {
    const { memory } = this.opened;
    const id = userIdOf(user);
    await memory.setUser({ ...(await memory.user(id)), id, lastLoggedOut: at });
    this.#model.rowSays(user, at);
  }

  #press(user: number, skewMs: number): void {
    const digest = String(this.#webhooks.length);
    this.#webhooks.push({ user, createdAt: this.#now() + skewMs, isListed: false, digest });
  }

  async #logIn(user: number, agoMs: number | null): Promise<void> {
    const authenticatedAt = agoMs === null ? undefined : this.#now() - agoMs;
    const expected = this.#model.logIn(user, this.#now(), authenticatedAt);
    const beganAt = await this.opened.store.logoutStore
      .recordLogin(String(userIdOf(user)), authenticatedAt)
      .catch((error: unknown) => {
        if (error instanceof LoginOutdatedError) return undefined;
        throw error;
      });
    if (beganAt !== expected) {
      throw new Error(`A login begins at ${String(beganAt)}; by P7 it begins at ${String(expected)}.`);
    }
    if (beganAt === undefined) return;
    const token = { id: `token-${String(this.#sessions.length)}`, userId: userIdOf(user), issuedAt: beganAt };
    await this.opened.memory.addToken(token);
    this.#sessions.push({ user, beganAt });
  }

  async #deliver(index: number): Promise<void> {
    const [place, webhook] = this.#webhookAt(index);
    if (place === undefined || webhook === undefined) return;
    this.#model.receive(place, this.#now());
    await this.opened.store.inbox.receive([incoming(webhook.digest)]);
  }

  async #list({ webhook: index, isDated, isRenewed }: Extract<Command, { do: 'list' }>): Promise<void> {
    const [place, webhook] = this.#webhookAt(index);
    if (place === undefined || webhook === undefined) return;
    // Only a webhook that was listed before is known by its id, and can get another token.
    const isNew = isRenewed && webhook.isListed;
    const digest = isNew ? `${String(place)}.${String((this.#renewedCount += 1))}` : webhook.digest;
    webhook.isListed = true;
    const createdAt = isDated ? webhook.createdAt : undefined;
    this.#model.receive(place, this.#now(), createdAt);
    const listed = {
      ...incoming(digest),
      priority: 'listed',
      sourceId: `wh-${String(place)}`,
      createdAt,
    } as const;
    if (openedBy(await this.opened.store.inbox.receiveListed([listed])) > 0) webhook.digest = digest;
  }

  async #claim(replica: Replica): Promise<void> {
    const job = await replica.claim();
    if (job === undefined) return;
    const place = Number(job.digest.split('.', 1)[0]);
    const pressed = this.#webhooks[place];
    if (pressed === undefined)
      throw new Error(`The store returned a job that was never received: ${job.digest}`);
    const kind = this.#usedTokens.has(job.digest) ? 'invalid' : 'person';
    this.#usedTokens.add(job.digest);
    this.#answers.push({ replica, job, place, kind, pressed });
  }

  async #answer(index: number, isLost: boolean): Promise<void> {
    const [answer] = this.#answers.splice(index % Math.max(1, this.#answers.length), 1);
    if (answer === undefined) return;
    const { job } = answer;
    const { inbox } = this.opened.store;
    if (isLost) {
      await inbox.release(job, { delayMs: 0, maybeSent: true, reason: 'lost' });
    } else if (answer.kind === 'invalid') {
      const state = job.earlierAttemptUnknown ? 'ambiguous' : 'rejected';
      await inbox.finish(job, { state, reason: 'invalid' });
    } else {
      await this.#apply(answer);
    }
  }

  async #apply({ replica, job, place, pressed }: Answer): Promise<void> {
    const outcome = await replica.apply(job, mevetoIdOf(userIdOf(pressed.user)));
    // No other attempt can get this answer. Only a newer token of the same webhook invalidates the answer.
    const expected = job.digest === pressed.digest ? 'applied' : 'claim-lost';
    if (outcome !== expected) throw new Error(`The outcome of an answer that names the user is ${outcome}.`);
    if (outcome !== 'applied') return;
    replica.mustKnow = new Set([...replica.mustKnow, this.#model.applied(place, pressed.user, this.#now())]);
  }

  async #restart(replica: Replica): Promise<void> {
    const left = this.#answers.filter((answer) => answer.replica !== replica);
    this.#answers.splice(0, this.#answers.length, ...left);
    await replica.restart(this.#model.allApplied());
  }

  /** Delivers all answers, the latest first, finishes all jobs, and polls once more in both replicas. */
  async #finishAll(): Promise<void> {
    this.opened.clock.at += LEASE_MS;
    for (let open = true; open;) {
      for (const replica of this.#replicas) await this.#claim(replica);
      open = this.#answers.length > 0;
      await this.#answer(this.#answers.length - 1, false);
    }
    for (const replica of this.#replicas) {
      replica.see();
      await replica.look(this.#model.allApplied());
      replica.see();
    }
  }

  #compare(after: string): void {
    for (const [index, replica] of this.#replicas.entries()) {
      for (const session of this.#sessions) {
        const sessionRefusal = replica.sessionRefusal(session);
        const mustBeOver = this.#model.isOver(session, replica.mustKnow) || replica.isTooOld(session);
        const mayBeOver = mustBeOver || this.#model.mayBeOver(session);
        if ((sessionRefusal === 'live' && mustBeOver) || (sessionRefusal !== 'live' && !mayBeOver)) {
          throw new Error(
            `After ${after}, replica ${String(index)} gives '${sessionRefusal}' for the session ${JSON.stringify(session)} at ` +
              `${String(this.#now())}; by P7 it is ${mustBeOver ? 'over' : 'live'}.`,
          );
        }
      }
    }
  }

  async #compareTokens(): Promise<void> {
    const live = new Set<string>();
    for (const user of USERS) for (const id of await this.opened.memory.tokens(user)) live.add(id);
    for (const [index, session] of this.#sessions.entries()) {
      if (live.has(`token-${String(index)}`) === this.#model.isOver(session)) {
        throw new Error(
          `The access token of ${JSON.stringify(session)} is revoked if and only if it should not be.`,
        );
      }
    }
  }

  #webhookAt(index: number): readonly [number, PressedWebhook] | readonly [] {
    const place = index % Math.max(1, this.#webhooks.length);
    const webhook = this.#webhooks[place];
    return webhook === undefined ? [] : [place, webhook];
  }

  #now(): number {
    return this.opened.clock.now();
  }
}

const incoming = (digest: string): IncomingJob => ({
  kind: LOGOUT,
  digest,
  sealed: `sealed-${digest}`,
  priority: 'unknown',
  sender: undefined,
});
