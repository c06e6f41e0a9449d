import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import type { Namespace, Socket } from 'socket.io';
import { DataSource } from 'typeorm';
import { canaries } from './support/canaries.js';
import { databaseKind } from './support/database.js';
import { LiveSocket } from './support/live-socket.js';
import { until } from './support/until.js';
import { type HostClient, World } from './support/world.js';

const seenAt = () => [...new Set(canaries.take().map((sighting) => sighting.split(':', 1)[0]))];

/** What is searched for tokens after every end-to-end test finds one wherever it may be. */
describe(`a token that an application shows, on ${databaseKind}`, () => {
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

  it('is seen in the log, also of an application without one', () => {
    new Logger('Host').debug({ deep: { down: token } });
    new Logger('Host').error(new Error(`${token}!`));
    expect(seenAt()).toEqual(['log, debug', 'log, error']);
  });

  it('is seen on the console', () => {
    console.debug(token);
    expect(seenAt()).toEqual(['console']);
  });

  it('is seen in an answer', async () => {
    await host.post('/echo', { text: `…${token}…` });
    expect(seenAt()).toEqual(['answer']);
  });

  it.each(['alone', 'everybody'])('is seen in a message that is pushed to %s', async (token) => {
    const socket = new LiveSocket(host.url, { namespace: '/leak', token });
    await until('it is pushed', () => seenAt().includes('message'));
    socket.close();
  });

  it('is seen in the database when that is dropped', async () => {
    const dataSource = host.app.get(DataSource);
    await dataSource.query(`CREATE TABLE leak (text varchar(100))`);
    await dataSource.query(`INSERT INTO leak VALUES ('${token}')`);
    await world.end();
    expect(seenAt().length).toBeGreaterThan(0);
    world = await World.create();
  });

  it('is seen by its form where Meveto runs in another process, and digests are not', () => {
    canaries.lookForAny('output', `a digest: ${'0a'.repeat(32)}`);
    expect(seenAt()).toEqual([]);
    canaries.lookForAny('output', `token ${'0a'.repeat(24)} received`);
    expect(seenAt()).toEqual(['output']);
  });

  it('is not seen where nothing shows it', async () => {
    await host.webhook(token);
    await host.untilCalls('applied');
    new Logger('Host').log('f'.repeat(48));
    expect(seenAt()).toEqual([]);
  });
});
