import pg from 'pg';

type Query = (...given: unknown[]) => unknown;

/**
 * A connection that is closed after a query without an answer. `pg` abandons such a query after `query_timeout` but
 * returns the connection to the pool, where later queries wait behind the abandoned one: after a database fail-over or
 * a firewall time-out for a quarter of an hour.
 */
export class PostgresClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    const query: Query = this.query.bind(this);
    const watched: Query = (...given) => {
      const outcome = query(...given);
      if (outcome instanceof Promise) outcome.catch((error: unknown) => this.closeAfter(error));
      return outcome;
    };
    Object.assign(this, { query: watched });
  }

  /** With a query in flight, `end` closes the socket at once; the pool then drops the connection. */
  private async closeAfter(error: unknown): Promise<void> {
    if (error instanceof Error && error.message === 'Query read timeout') await this.end();
  }
}
