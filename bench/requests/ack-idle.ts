import { fdatasyncUs } from '../machine.js';
import { type Measure, ratioOf } from '../measure.js';
import { bareReceiver } from './bare-receiver.js';
import { ingest, nullHandler } from './ingest-variants.js';
import { takeTurns } from './turns.js';

const SYNCS = 50;

/**
 * The time of one webhook on an otherwise idle server (one connection, Fastify, SQLite), less one fdatasync, over that of a handler that
 * stores nothing. The second figure is the whole time over that of a bare durable receiver. The fdatasync is measured after each turn of the
 * webhook, because other programs use the disk, too.
 */
export const ackIdle: Measure = {
  names: ['ack_idle_vs_null_fastify', 'ack_idle_vs_bare_fastify', 'ack_idle_ms'],
  async run(scale) {
    const variants = [
      await nullHandler('fastify'),
      await ingest('fastify', 'sqlite'),
      await bareReceiver('fastify'),
    ];
    const syncMs: number[] = [];
    const after = (name: string): void => {
      if (name === 'ours') syncMs.push(fdatasyncUs(SYNCS) / 1_000);
    };
    const rounds = await takeTurns(variants, scale, { connections: 1, after });
    return {
      ack_idle_vs_null_fastify: ratioOf(
        rounds.map((round, index) => (round('ours').p50Ms - (syncMs[index] ?? 0)) / round('null').p50Ms),
      ),
      ack_idle_vs_bare_fastify: ratioOf(rounds.map((round) => round('ours').p50Ms / round('bare').p50Ms)),
      ack_idle_ms: ratioOf(rounds.map((round) => round('ours').p50Ms)),
    };
  },
};
