import { clockOf, numberOf, run, rowsOf, type Script, type SqlEngine } from './sql.js';

/**
 * Named leases by which replicas agree who reads the list of pending webhooks. One replica holds a lease at a time. A lease is a
 * row, and free or not by the store's clock.
 */
export class ReconcileLease {
  constructor(
    private readonly engine: SqlEngine,
    private readonly leases: string,
  ) {}

  /**
   * Takes or renews the lease `name` for `durationMs`, whole milliseconds. Resolves true if `holder` holds the lease now.
   * @throws {StoreUnavailableError} when the store does not answer.
   */
  take(name: string, holder: string, durationMs: number): Promise<boolean> {
    return this.engine.transaction('take a lease', () => this.#take(name, holder, durationMs));
  }

  *#take(name: string, holder: string, durationMs: number): Script<boolean> {
    const { dialect } = this.engine;
    yield* run(dialect.insertNew(this.leases, ['name', 'holder', 'leased_until'], 1), [name, holder, 0]);
    const [row] = yield* rowsOf(
      `SELECT holder, leased_until FROM ${this.leases} WHERE name = ? ${dialect.forUpdate}`,
      [name],
    );
    const now = yield* clockOf(dialect);
    if (row !== undefined && row['holder'] !== holder && numberOf(row['leased_until']) > now) return false;
    yield* run(`UPDATE ${this.leases} SET holder = ?, leased_until = ? WHERE name = ?`, [
      holder,
      now + durationMs,
      name,
    ]);
    return true;
  }
}
