import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import mysql from 'mysql2';
import { mysqlDriver } from './mysql-driver.js';

/** A server that answers no query on its first connection, and every query on later ones. */
function startServer(): Server {
  let connections = 0;
  const server = mysql.createServer((connection: mysql.Connection) => {
    connections += 1;
    const isSilent = connections === 1;
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: '8.0.0',
      connectionId: connections,
      statusFlags: 2,
      characterSet: 45,
      capabilityFlags: 0xffffff,
      authCallback: (_given: unknown, done: (error: null) => void) => {
        done(null);
        expectNext(connection);
      },
    });
    connection.on('error', () => undefined);
    connection.on('query', () => {
      if (isSilent) return;
      connection.writeOk();
      expectNext(connection);
    });
  });
  const { _server: listening } = server as unknown as { readonly _server: Server };
  return listening.listen(0, '127.0.0.1');
}

/** Each command restarts the packet count. */
function expectNext(connection: mysql.Connection): void {
  Object.assign(connection, { sequenceId: 0 });
}

describe('mysqlDriver', () => {
  let server: Server;
  beforeEach(() => {
    server = startServer();
  });
  afterEach(() => {
    server.close();
  });

  it('opens a new connection after a query without an answer', async () => {
    if (!server.listening) await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const pool = mysqlDriver(500).createPool({ host: '127.0.0.1', port, user: 'u', connectionLimit: 1 });
    const ask = async (): Promise<unknown> => {
      const connection = await pool.promise().getConnection();
      try {
        return await connection.query('SELECT 1');
      } finally {
        connection.release();
      }
    };
    try {
      await expect(ask()).rejects.toMatchObject({ code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
      expect(await ask()).toMatchObject([{ affectedRows: 0 }, undefined]);
    } finally {
      await pool.promise().end();
    }
  });
});
