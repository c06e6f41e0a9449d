import { setTimeout as sleep } from 'node:timers/promises';
import { createAdapter } from '@socket.io/postgres-adapter';
import { tolerantPool } from 'nestjs-meveto-logout';
import pg from 'pg';
import { PostgresClient } from '../database/postgres-client.js';
import { BusState } from './bus-state.js';
import type { ClusterBus } from './cluster-bus.js';

const CONNECT_TIMEOUT_MS = 2_000;
const QUERY_TIMEOUT_MS = 5_000;
const CLOSE_WITHIN_MS = 1_000;
/** One to listen on, the others to publish. */
const CONNECTIONS = 3;

/** PostgreSQL's LISTEN and NOTIFY, on connections of their own. Connects again by itself, for ever. */
export function openPostgresBus(url: string, channelPrefix: string): ClusterBus {
  const pool = tolerantPool(
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
