import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { MevetoLogoutOptions } from 'nestjs-meveto-logout';
import type { DataSourceOptions } from 'typeorm';
import { CLIENT_SECRET } from '../hosts/host-app.js';
import { LiveSocket } from '../live/live-socket.js';
import { Observers } from './observers.js';
import { Recorder, seen, storedBy, toldBy } from './secret-search.js';
import { type HostClient, World } from '../world.js';

const SECRET_PATH = 'secret-path-canary-0123456789';
export const WEBHOOK = `/meveto/webhook/${SECRET_PATH}`;

/** A unique text. */
export const canary = (): string => `canary-${randomUUID()}`;

/** An application whose output is recorded, a connected browser, and a search through all of it. */
export class SecretWorld {
  /** All answers, and all errors of calls to the service. */
  readonly received: string[] = [];

  private constructor(
    readonly world: World,
    readonly host: HostClient,
    readonly live: LiveSocket,
    readonly recorder: Recorder,
    readonly observers: Observers,
  ) {}

  static async start(options: Partial<MevetoLogoutOptions> = {}): Promise<SecretWorld> {
    const world = await World.create();
    const { webhook, ...others } = options;
    const recorder = new Recorder();
    const host = await world.start({
      connection: { ...world.database.connection, ...recorder.queries } as DataSourceOptions,
      options: {
        exchange: { timeoutMs: 200 },
        storeTimeoutMs: 200,
        webhook: { secretPath: SECRET_PATH, ...webhook },
        ...others,
      },
    });
    recorder.start();
    const observers = new Observers(host.service);
    const live = new LiveSocket(host.url, { token: await host.token() });
    await live.next('connect');
    return new SecretWorld(world, host, live, recorder, observers);
  }

  async end(): Promise<void> {
    this.live.close();
    this.observers.stop();
    this.recorder.stop();
    await this.world.end();
  }

  async send(user_token: unknown, path = WEBHOOK, headers?: Record<string, string>): Promise<number> {
    const answer = await this.host.post(path, { type: 'User_Logged_Out', user_token }, headers);
    this.received.push(JSON.stringify([...answer.headers]) + (await answer.text()));
    return answer.status;
  }

  /** Everything that is visible from outside, in the log, in the database, in events, metrics and spans. */
  async everything(): Promise<string> {
    return [
      ...this.recorder.lines,
      ...this.received,
      seen(this.live.received),
      await storedBy(this.host, this.world.database),
      await toldBy(this.host),
      await this.observers.told(),
    ].join('\n');
  }

  /** Returns the searched text. */
  async expectNone(...secrets: readonly string[]): Promise<string> {
    const found = await this.everything();
    for (const secret of [...secrets, CLIENT_SECRET, SECRET_PATH]) {
      const at = found.indexOf(secret);
      expect(at < 0 ? '' : found.slice(Math.max(0, at - 300), at + 100)).toBe('');
    }
    return found;
  }
}
