// Checks whether a PostgreSQL server answers: `node tools/can-connect.mjs <url>` ends with 0 or 1.
import pg from 'pg';

const client = new pg.Client({ connectionString: process.argv[2], connectionTimeoutMillis: 2_000 });
try {
  await client.connect();
  await client.query('SELECT 1');
} catch {
  process.exitCode = 1;
} finally {
  await client.end().catch(() => undefined);
}
