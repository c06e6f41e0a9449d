import { setTimeout as sleep } from 'node:timers/promises';
import { createAdapter } from '@socket.io/postgres-adapter';
import { resilientPool } from 'nestjs-meveto-logout/socket-io';
import pg from 'pg';
import { PostgresClient } from '../database/postgres-client.js';
import { BusState } from './bus-state.js';
import type { ClusterBus } from './cluster-bus.js';

const CONNECT_TIMEOUT_MS = 2_000;
const QUERY_TIMEOUT_MS = 5_000;
const CLOSE_WITHIN_MS = 1_000;
/** One connection listens, the others publish. */
const CONNECTIONS = 3;

/** Uses PostgreSQL's LISTEN and NOTIFY on separate connections. Always reconnects by itself. */
export function openPostgresBus(url: string, channelPrefix: string): ClusterBus {
  const pool = resilientPool(
    new pg.Pool({
      connectionString: url,
      max: CONNECTIONS,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
      application_name: channelPrefix,
      Client: PostgresClient,
    }),
  );
  const state = new BusState('The bus on PostgreSQL');
  pool.on('connect', (client) => {
    state.up();
    client.on('error', () => {
      state.down();
    });
  });
  return {
    createAdapter: createAdapter(pool, {
      channelPrefix,
      errorHandler: () => {
        state.down();
      },
    }),
    get isUp() {
      return state.isUp;
    },
    async close() {
      await Promise.race([pool.end(), sleep(CLOSE_WITHIN_MS, undefined, { ref: false })]);
    },
  };
}
