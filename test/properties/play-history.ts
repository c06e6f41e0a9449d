import { LoginOutdatedError } from 'nestjs-meveto-logout';
import type { ClaimedCall, IncomingCall } from '../../libs/meveto-logout/src/inbox/inbox.port.js';
import { LOGGED_OUT } from '../../libs/meveto-logout/src/model/call.js';
import { openedBy } from '../contracts/opened-store.js';
import { type ClockedStore, mevetoIdOf, userIdOf } from './clocked-store.js';
import type { Command, History } from './commands.js';
import { LEASE_MS, Replica } from './replica.js';
import { type ModelSession, SessionModel } from './session-model.js';

interface PressedCall {
  readonly user: number;
  readonly createdAt: number;
  isListed: boolean;
  /** Digest of the token that the module goes by. */
  digest: string;
}

type ReplicaCommand = Extract<Command, { replica: number }>;

interface Answer {
  readonly replica: Replica;
  readonly call: ClaimedCall;
  readonly place: number;
  readonly pressed: PressedCall;
  readonly kind: 'person' | 'invalid';
}

/** Plays a history on the module's own code and on the model, and compares after every step. */
export class Play {
  readonly #model = new SessionModel();
  readonly #sessions: ModelSession[] = [];
  readonly #calls: PressedCall[] = [];
  readonly #replicas: readonly [Replica, Replica];
  readonly #answers: Answer[] = [];
  readonly #usedTokens = new Set<string>();
  #renewedCount = 0;

  constructor(
    private readonly opened: ClockedStore,
    { skewsMs }: History,
  ) {
    this.#replicas = [new Replica(opened, skewsMs[0]), new Replica(opened, skewsMs[1])];
  }

  /** @throws {Error} when code and model differ */
  static async run(opened: ClockedStore, history: History): Promise<void> {
    const play = new Play(opened, history);
    for (const command of history.commands) {
      await play.#step(command);
      play.#compare(JSON.stringify(command));
    }
    await play.#settle();
    play.#compare('everything was settled');
    for (const replica of play.#replicas) await play.#restart(replica);
    play.#compare('both were restarted');
    await play.#compareTokens();
  }

  #step(command: Command): Promise<void> | void {
    if ('replica' in command) {
      return this.#stepOfReplica(command, this.#replicas[command.replica % 2] ?? this.#replicas[0]);
    }
    switch (command.do) {
      case 'pass':
        this.opened.clock.at += command.ms;
        return;
      case 'log-in':
        return this.#logIn(command.user, command.authenticatedAgoMs);
      case 'press':
        this.#press(command.user, command.skewMs);
        return;
      case 'deliver':
        return this.#deliver(command.call);
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
        return replica.forget();
    }
  }

  #press(user: number, skewMs: number): void {
    const digest = String(this.#calls.length);
    this.#calls.push({ user, createdAt: this.#now() + skewMs, isListed: false, digest });
  }

  async #logIn(user: number, agoMs: number | null): Promise<void> {
    const authenticatedAt = agoMs === null ? undefined : this.#now() - agoMs;
    const expected = this.#model.logIn(user, this.#now(), authenticatedAt);
    const beganAt = await this.opened.store.register
      .recordLogin(String(userIdOf(user)), authenticatedAt)
      .catch((error: unknown) => {
        if (error instanceof LoginOutdatedError) return undefined;
        throw error;
      });
    if (beganAt !== expected) {
      throw new Error(`A login begins at ${String(beganAt)}; by P7 it begins at ${String(expected)}.`);
    }
    if (beganAt === undefined) return;
    await this.opened.addToken(`token-${String(this.#sessions.length)}`, user, beganAt);
    this.#sessions.push({ user, beganAt });
  }

  async #deliver(index: number): Promise<void> {
    const [place, call] = this.#callAt(index);
    if (place === undefined || call === undefined) return;
    this.#model.heardOf(place, this.#now());
    await this.opened.store.inbox.receive([incoming(call.digest)]);
  }

  async #list({ call: index, isDated, isRenewed }: Extract<Command, { do: 'list' }>): Promise<void> {
    const [place, call] = this.#callAt(index);
    if (place === undefined || call === undefined) return;
    // By the id alone, which only an earlier list can have told, a call is known with another token.
    const isNew = isRenewed && call.isListed;
    const digest = isNew ? `${String(place)}.${String((this.#renewedCount += 1))}` : call.digest;
    call.isListed = true;
    const createdAt = isDated ? call.createdAt : undefined;
    this.#model.heardOf(place, this.#now(), createdAt);
    const listed = {
      ...incoming(digest),
      lane: 'listed',
      sourceId: `wh-${String(place)}`,
      createdAt,
    } as const;
    if (openedBy(await this.opened.store.inbox.receiveListed([listed])) > 0) call.digest = digest;
  }

  async #claim(replica: Replica): Promise<void> {
    const call = await replica.claim();
    if (call === undefined) return;
    const place = Number(call.digest.split('.', 1)[0]);
    const pressed = this.#calls[place];
    if (pressed === undefined)
      throw new Error(`The store gave out a call that was never made: ${call.digest}`);
    const kind = this.#usedTokens.has(call.digest) ? 'invalid' : 'person';
    this.#usedTokens.add(call.digest);
    this.#answers.push({ replica, call, place, kind, pressed });
  }

  async #answer(index: number, isLost: boolean): Promise<void> {
    const [answer] = this.#answers.splice(index % Math.max(1, this.#answers.length), 1);
    if (answer === undefined) return;
    const { call } = answer;
    const { inbox } = this.opened.store;
    if (isLost) {
      await inbox.release(call, { delayMs: 0, maybeSent: true, reason: 'lost' });
    } else if (answer.kind === 'invalid') {
      const state = call.earlierAttemptUnknown ? 'ambiguous' : 'rejected';
      await inbox.finish(call, { state, reason: 'invalid' });
    } else {
      await this.#apply(answer);
    }
  }

  async #apply({ replica, call, place, pressed }: Answer): Promise<void> {
    const outcome = await replica.apply(call, mevetoIdOf(userIdOf(pressed.user)));
    // Nobody else can have this answer; only a newer token of the same call makes it worthless.
    const expected = call.digest === pressed.digest ? 'applied' : 'claim-lost';
    if (outcome !== expected) throw new Error(`An answer that names the person ended as ${outcome}.`);
    if (outcome !== 'applied') return;
    replica.mustKnow = new Set([...replica.mustKnow, this.#model.applied(place, pressed.user)]);
  }

  async #restart(replica: Replica): Promise<void> {
    const left = this.#answers.filter((answer) => answer.replica !== replica);
    this.#answers.splice(0, this.#answers.length, ...left);
    await replica.restart(this.#model.allApplied());
  }

  /** All answers arrive, the latest first, all calls are worked on, and both replicas look once more. */
  async #settle(): Promise<void> {
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
        const verdict = replica.verdict(session);
        const mustBeOver = this.#model.isOver(session, replica.mustKnow) || replica.isTooOld(session);
        const mayBeOver = this.#model.isOver(session) || replica.isTooOld(session);
        if ((verdict === 'live' && mustBeOver) || (verdict !== 'live' && !mayBeOver)) {
          throw new Error(
            `After ${after}, replica ${String(index)} says '${verdict}' of the session ${JSON.stringify(session)} at ` +
              `${String(this.#now())}; by P7 it is ${mustBeOver ? 'over' : 'live'}.`,
          );
        }
      }
    }
  }

  async #compareTokens(): Promise<void> {
    const live = await this.opened.liveTokens();
    for (const [index, session] of this.#sessions.entries()) {
      if (live.has(`token-${String(index)}`) === this.#model.isOver(session)) {
        throw new Error(
          `The access token of ${JSON.stringify(session)} is revoked if and only if it should not be.`,
        );
      }
    }
  }

  #callAt(index: number): readonly [number, PressedCall] | readonly [] {
    const place = index % Math.max(1, this.#calls.length);
    const call = this.#calls[place];
    return call === undefined ? [] : [place, call];
  }

  #now(): number {
    return this.opened.clock.now();
  }
}

const incoming = (digest: string): IncomingCall => ({
  type: LOGGED_OUT,
  digest,
  sealed: `sealed-${digest}`,
  lane: 'stranger',
  sender: undefined,
});
