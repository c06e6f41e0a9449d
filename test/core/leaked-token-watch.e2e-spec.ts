import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { Namespace, Socket } from 'socket.io';
import { DataSource } from 'typeorm';
import { event, eventTable, MevetoEvents, text } from '../../libs/meveto-logout/src/core/index.js';
import { canaries } from '../support/secrets/canaries.js';
import { databaseKind } from '../support/database.js';
import { LiveSocket } from '../support/live/live-socket.js';
import { until } from '../support/until.js';
import { type HostClient, World } from '../support/world.js';

const seenAt = () => [...new Set(canaries.take().map((sighting) => sighting.split(':', 1)[0]))];

/** The search that runs after every end-to-end test finds a token in every place. */
describe(`the token search on ${databaseKind}`, () => {
  let world: World;
  let host: HostClient;
  let token: string;
  beforeEach(async () => {
    const leak = { token: '' };
    @WebSocketGateway({ namespace: '/leak' })
    class LeakingGateway {
      @WebSocketServer()
      private readonly namespace!: Namespace;

      handleConnection(socket: Socket): void {
        if (socket.handshake.auth['token'] === 'alone') socket.emit('leak', leak.token);
        else this.namespace.emit('leak', leak.token);
      }
    }
    world = await World.create();
    host = await world.start({ metadata: { providers: [LeakingGateway] } });
    token = leak.token = world.meveto.issueUserToken('m-1');
  });
  afterEach(() => world.end());

  it('finds a token in the log, also of an application without a logger', () => {
    new Logger('Host').debug({ deep: { down: token } });
    new Logger('Host').error(new Error(`${token}!`));
    expect(seenAt()).toEqual(['log, debug', 'log, error']);
  });

  it('finds a token on the console', () => {
    console.debug(token);
    expect(seenAt()).toEqual(['console']);
  });

  it('finds a token in an event', () => {
    const kind = event({ level: 'none', fields: { secret: text('a token') }, when: 'never' });
    const { MEVETO_LEAK } = eventTable({ MEVETO_LEAK: kind });
    host.app.get(MevetoEvents, { strict: false }).emit(MEVETO_LEAK, { secret: token });
    expect(seenAt()).toEqual(['event']);
  });

  it('finds a token in an answer', async () => {
    await host.post('/echo', { text: `…${token}…` });
    expect(seenAt()).toEqual(['answer']);
  });

  it.each(['alone', 'everybody'])('finds a token in a message that is pushed to %s', async (token) => {
    const socket = new LiveSocket(host.url, { namespace: '/leak', token });
    await until('it is pushed', () => seenAt().includes('message'));
    socket.close();
  });

  it('finds a token in the database when the database is dropped', async () => {
    const dataSource = host.app.get(DataSource);
    await dataSource.query(`CREATE TABLE leak (text varchar(100))`);
    await dataSource.query(`INSERT INTO leak VALUES ('${token}')`);
    await world.end();
    expect(seenAt().length).toBeGreaterThan(0);
    world = await World.create();
  });

  it('finds a token by its form when Meveto runs in another process, and ignores digests', () => {
    canaries.lookForAny('output', `a digest: ${'0a'.repeat(32)}`);
    expect(seenAt()).toEqual([]);
    canaries.lookForAny('output', `token ${'0a'.repeat(24)} received`);
    expect(seenAt()).toEqual(['output']);
  });

  it('finds nothing when no token is shown', async () => {
    await host.webhook(token);
    await host.untilJobs('applied');
    new Logger('Host').log('f'.repeat(48));
    expect(seenAt()).toEqual([]);
  });
});
