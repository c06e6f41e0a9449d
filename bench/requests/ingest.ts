import { type Measure, ratioOf } from '../measure.js';
import { bareReceiver } from './bare-receiver.js';
import { ingest, insertHandler, nullHandler } from './ingest-variants.js';
import { takeTurns, throughputRatios } from './turns.js';

/**
 * The durable webhook on Fastify and SQLite, over a handler that stores nothing, one that inserts a row a call, and the least that a
 * durable receiver does.
 */
export const ingestFastify: Measure = {
  names: ['ingest_vs_null_fastify', 'ingest_vs_insert_fastify', 'ingest_vs_bare_fastify'],
  async run(scale) {
    const variants = [
      await nullHandler('fastify'),
      await ingest('fastify', 'sqlite'),
      await insertHandler('fastify', 'sqlite'),
      await bareReceiver('fastify'),
    ];
    const rounds = await takeTurns(variants, scale);
    return {
      ingest_vs_null_fastify: ratioOf(throughputRatios(rounds, 'ours', 'null')),
      ingest_vs_insert_fastify: ratioOf(throughputRatios(rounds, 'ours', 'insert')),
      ingest_vs_bare_fastify: ratioOf(throughputRatios(rounds, 'ours', 'bare')),
    };
  },
};

/** The durable webhook on Express and SQLite, over a handler that stores nothing. */
export const ingestExpress: Measure = {
  names: ['ingest_vs_null_express'],
  async run(scale) {
    const variants = [await nullHandler('express'), await ingest('express', 'sqlite')];
    const rounds = await takeTurns(variants, scale);
    return { ingest_vs_null_express: ratioOf(throughputRatios(rounds, 'ours', 'null')) };
  },
};

/** The durable webhook on Fastify and PostgreSQL, and a handler that stores nothing, over a handler that inserts a row a call. */
export const ingestPostgres: Measure = {
  names: ['ingest_pg_vs_insert_pg', 'null_vs_insert_pg'],
  async run(scale) {
    const variants = [
      await ingest('fastify', 'postgres'),
      await insertHandler('fastify', 'postgres'),
      await nullHandler('fastify'),
    ];
    const rounds = await takeTurns(variants, scale);
    return {
      ingest_pg_vs_insert_pg: ratioOf(throughputRatios(rounds, 'ours', 'insert')),
      null_vs_insert_pg: ratioOf(throughputRatios(rounds, 'null', 'insert')),
    };
  },
};
