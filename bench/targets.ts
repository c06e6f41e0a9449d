import type { Ratio } from './measure.js';

/** The bound that a median has to keep. */
export interface Target {
  readonly comparison: '>=' | '<=';
  readonly bound: number;
}

const atLeast = (bound: number): Target => ({ comparison: '>=', bound });
const atMost = (bound: number): Target => ({ comparison: '<=', bound });

/** `>=` compares throughput (this package over the other), `<=` compares time or memory. Other names are only reported. */
export const targets: Readonly<Record<string, Target>> = {
  guard_vs_unguarded_fastify: atLeast(0.88),
  guard_vs_findone_fastify: atLeast(4),
  guard_vs_express_openid_connect: atLeast(1.5),
  guard_growth_100x_users: atMost(1.05),
  ingest_vs_null_fastify: atLeast(0.42),
  ingest_vs_null_express: atLeast(0.7),
  ingest_vs_insert_fastify: atLeast(2.4),
  ingest_pg_vs_insert_pg: atLeast(2.5),
  ingest_rows_per_commit_c64: atLeast(30),
  ack_idle_vs_null_fastify: atMost(3),
  drain_c64_vs_client_sqlite: atLeast(0.85),
  drain_c64_vs_client_postgres: atLeast(0.75),
  settle_vs_typeorm_sqlite: atLeast(5),
  settle_vs_typeorm_postgres: atLeast(3),
  push_burst_vs_ws: atMost(1.5),
  heap_per_socket_vs_nest_gateway: atMost(1.25),
};

export function isMet({ comparison, bound }: Target, { median }: Ratio): boolean {
  return comparison === '>=' ? median >= bound : median <= bound;
}
