import pg from 'pg';

type Query = (...given: unknown[]) => unknown;

/**
 * A connection that does not survive a query without an answer. `pg` gives such a query up after `query_timeout`, but
 * puts the connection back into the pool, where every later query waits behind the one that never ends: after a
 * fail-over of the database or a firewall that forgot the connection, that is for a quarter of an hour.
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

  /** With a query under way, `end` closes the socket at once; the pool then drops the connection. */
  private async closeAfter(error: unknown): Promise<void> {
    if (error instanceof Error && error.message === 'Query read timeout') await this.end();
  }
}
