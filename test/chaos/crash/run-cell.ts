import { JOB_ROWS } from '../world/chaos-database.js';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { until } from '../../support/until.js';
import { type HostProcess, within } from '../world/host-process.js';
import { asWrongHistory } from '../world/wrong-history.js';
import type { Exchange, ExchangeFault, MevetoEvent } from '../world/model-meveto.js';
import type { CrashPoint, EndingSignal, MevetoOutcome, Way } from './cells.js';
import { CrashWorld } from './crash-world.js';

export interface Cell {
  readonly point: CrashPoint;
  readonly outcome: MevetoOutcome;
  readonly signal: EndingSignal;
}

const STOPS_WITHIN_MS = 6_000;
const EVERY_SECOND = '* * * * * *';

/** Maximum of repetitions of a scenario for which the machine was too slow. */
const PLAYED_AGAIN = 4;

/** Brings a process to the point, ends it, starts the next one, and compares the records with what Meveto saw. */
export async function runCell(cell: Cell, serverUrl: string | undefined): Promise<void> {
  for (let left = PLAYED_AGAIN; ; left -= 1) {
    const world = await CrashWorld.create(serverUrl);
    try {
      await new CellRun(cell, world).run();
      return;
    } catch (error) {
      if (world.wasTooSlow && left > 0) continue;
      const isWrong = !world.wasTooSlow && error instanceof Error && 'matcherResult' in error;
      throw isWrong ? asWrongHistory(error) : error;
    } finally {
      await world.end();
    }
  }
}

class CellRun {
  readonly #event: MevetoEvent;
  readonly #way: Way;
  /** A webhook that arrives while the process stops. */
  #other: MevetoEvent | undefined;
  #releaseMeveto: (what: 'pass' | 'drop') => void = () => undefined;
  #socket: Socket | undefined;

  constructor(
    private readonly cell: Cell,
    private readonly world: CrashWorld,
  ) {
    const { point, outcome } = cell;
    const { meveto } = world;
    this.#way = point.way(outcome);
    this.#event = outcome === 'says invalid' ? meveto.forge() : meveto.happen('m-1');
    meveto.listsWebhooks = this.#isListed;
    let looked = 0;
    meveto.decide = ({ token }): ExchangeFault => {
      if (token !== this.#event.tokens[0]) return 'none';
      looked += 1;
      return looked === 1 ? this.#firstFault() : 'none';
    };
  }

  get #isListed(): boolean {
    return this.cell.point.list?.(this.cell.outcome) === 'from-start';
  }

  async run(): Promise<void> {
    const [first, second] = await Promise.all([this.world.load(), this.world.load()]);
    await this.#bringToThePoint(first);
    if (this.#way.kind !== 'zombie') await this.#end(first);
    if (this.cell.point.id === 'F10') await this.#expectNothingHalfDone();
    const url = await second.start(this.world.settings({ options: { reconcile: { cron: EVERY_SECOND } } }));
    this.world.meveto.target = () => url;
    if (this.#way.kind === 'half-a-body') void this.#deliver(this.#event);
    await this.#expectTheEnd(url);
    if (this.#way.kind === 'zombie') {
      await this.#end(first);
      await this.#expectTheEnd(url);
    }
    await this.#expectHealing();
    await this.#expectConsistency(url);
  }

  #firstFault(): ExchangeFault {
    switch (this.cell.outcome) {
      case 'answers':
      case 'says invalid':
        return 'none';
      case 'times out':
        return this.cell.point.id === 'F8' ? 'swallow-answer' : 'time-out';
      case 'loses its answer':
        return 'lose-answer';
    }
  }

  async #bringToThePoint(first: HostProcess): Promise<void> {
    const way = this.#way;
    const { meveto } = this.world;
    const hasHalt = way.kind === 'halt' || way.kind === 'zombie';
    const atMeveto = this.#stopMeveto();
    const listening = first.start(this.world.settings(hasHalt ? { halt: way.halt } : {}));
    if (way.kind === 'halt' && way.startsLeased === true) {
      listening.catch(() => undefined);
      await first.halted();
      if (this.cell.point.isOnlyListed !== true) void this.#deliver(this.#event);
      return;
    }
    const url = await listening;
    meveto.target = () => url;
    if (way.kind === 'half-a-body') return this.#sendHalfABody(url);
    const acknowledged = this.#deliver(this.#event);
    if (hasHalt) await first.halted();
    else await within(20_000, 'Meveto is asked', atMeveto);
    await this.#atThePoint(first, acknowledged);
  }

  async #atThePoint(first: HostProcess, acknowledged: Promise<boolean>): Promise<void> {
    if (this.cell.point.id === 'F4') await acknowledged;
    if (this.cell.point.id === 'F2w') {
      await delay(100);
      expect(this.#event.acknowledgedAt).toBeUndefined();
    }
    if (this.#way.kind === 'graceful-stop') await this.#askToStop(first);
  }

  /** Resolves when the first request waits at Meveto, if this way requires it. */
  #stopMeveto(): Promise<void> {
    const { meveto } = this.world;
    const released = new Promise<'pass' | 'drop'>((resolve) => {
      this.#releaseMeveto = resolve;
    });
    return new Promise((resolve) => {
      const stop = (exchange: Exchange) => {
        if (exchange !== meveto.exchanges[0]) return Promise.resolve();
        resolve();
        return released;
      };
      if (this.#way.kind === 'before-answer') meveto.beforeAnswer = stop;
      if (this.#way.kind === 'before-exchange' || this.#way.kind === 'graceful-stop')
        meveto.beforeExchange = stop;
    });
  }

  async #askToStop(first: HostProcess): Promise<void> {
    first.signal('SIGTERM');
    this.#other = this.world.meveto.happen('m-1');
    void this.#deliver(this.#other);
    await delay(100);
  }

  async #sendHalfABody(url: string): Promise<void> {
    const { hostname, port } = new URL(url);
    const body = JSON.stringify({ type: this.#event.type, user_token: this.#event.tokens[0] });
    this.#socket = connect(Number(port), hostname);
    this.#socket.on('error', () => undefined);
    this.#socket.write(
      `POST /meveto/webhook HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n` +
        `content-length: ${String(body.length)}\r\n\r\n${body.slice(0, body.length / 2)}`,
    );
    await delay(50);
  }

  #deliver(event: MevetoEvent): Promise<boolean> {
    return this.world.meveto.deliver(event);
  }

  async #end(first: HostProcess): Promise<void> {
    if (this.#way.kind !== 'zombie') this.world.meveto.target = () => undefined;
    if (this.cell.signal === 'SIGKILL') {
      await first.end('SIGKILL');
      this.#releaseMeveto('drop');
    } else {
      if (this.#way.kind !== 'graceful-stop') first.signal('SIGTERM');
      await delay(20);
      first.release();
      this.#releaseMeveto('pass');
      await within(STOPS_WITHIN_MS, 'the process stops', first.exited());
    }
    this.#socket?.destroy();
  }

  async #expectNothingHalfDone(): Promise<void> {
    const row = await this.world.rowOf(this.#event);
    const isSettled = row?.['state'] === 'applied';
    expect((await this.world.lastLoggedOut()) !== undefined).toBe(isSettled);
    expect(isSettled).toBe(this.cell.signal === 'SIGTERM');
  }

  async #expectTheEnd(url: string): Promise<void> {
    const { point, signal, outcome } = this.cell;
    const expected = point.ends[signal][outcome];
    const row = await this.world.ended(this.#event, this.#isListed ? expected : undefined);
    expect({ end: row['state'], reason: row['reason'] }).toMatchObject({ end: expected });
    expect((await fetch(`${url}/api`)).status).toBe(200);
    if (this.#other !== undefined) await this.world.ended(this.#other, 'applied');
  }

  /**
   * With the list of pending webhooks, Meveto names the person of an ambiguous job again. A job that Meveto cannot name
   * stays ambiguous.
   */
  async #expectHealing(): Promise<void> {
    const { point, signal, outcome } = this.cell;
    if (point.ends[signal][outcome] !== 'ambiguous') return;
    if (this.#other === undefined) expect(await this.world.lastLoggedOut()).toBeUndefined();
    this.world.meveto.listsWebhooks = true;
    if (outcome === 'says invalid') {
      await this.world.polledAgain();
      expect((await this.world.rowOf(this.#event))?.['state']).toBe('ambiguous');
    } else {
      await this.world.ended(this.#event, 'applied');
    }
  }

  async #expectConsistency(url: string): Promise<void> {
    const { meveto, database } = this.world;
    const event = this.#event;
    expect(meveto.mostInFlightPerToken).toBeLessThanOrEqual(1);
    expect(await database.query(JOB_ROWS)).toHaveLength(this.#other === undefined ? 1 : 2);
    const rows = await database.query('SELECT state, sealed FROM meveto_logout_jobs');
    expect(rows.filter((row) => row['sealed'] !== null || row['state'] === 'pending')).toEqual([]);
    const at = await this.world.lastLoggedOut();
    if (event.mevetoId !== undefined) {
      expect(at).toBeGreaterThanOrEqual(event.createdAt);
      expect(at).toBeLessThanOrEqual(this.#other?.acknowledgedAt ?? event.acknowledgedAt ?? Date.now());
      await until('older sessions are refused', async () => (await this.#api(url, event.createdAt)) === 401);
      expect(await this.#api(url, Date.now())).toBe(200);
    } else if (this.#other === undefined) {
      expect(at).toBeUndefined();
      expect(await this.#api(url, event.createdAt)).toBe(200);
    }
    this.#expectExchanges();
    expect(await this.world.leaks()).toEqual([]);
  }

  /** A token whose answer was recorded is never exchanged again. */
  #expectExchanges(): void {
    const { meveto } = this.world;
    for (const token of this.#event.tokens) {
      const named = meveto.exchanges.filter((each) => each.token === token && each.outcome === 'person');
      expect(named.length).toBeLessThanOrEqual(1);
    }
    const isDirect =
      this.cell.outcome === 'answers' && this.cell.point.ends[this.cell.signal].answers === 'applied';
    if (!isDirect) return;
    const seen = meveto.exchanges.filter(({ token, outcome }) => {
      return token === this.#event.tokens[0] && outcome !== 'none';
    });
    expect(seen.map(({ outcome }) => outcome)).toEqual(['person']);
  }

  async #api(url: string, signedInAt: number): Promise<number> {
    const response = await fetch(`${url}/api`, { headers: { 'x-session': `1.${String(signedInAt)}` } });
    return response.status;
  }
}
