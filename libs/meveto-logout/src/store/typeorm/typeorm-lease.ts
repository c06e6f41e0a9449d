import { Lease } from '../../reconcile/lease.port.js';
import { clockOf, numberOf, run, rowsOf, type Script, type SqlEngine } from './sql.js';

/** A lease as a row: taken by whoever finds it free, by the store's clock. */
export class TypeOrmLease extends Lease {
  constructor(
    private readonly engine: SqlEngine,
    private readonly leases: string,
  ) {
    super();
  }

  override take(name: string, holder: string, durationMs: number): Promise<boolean> {
    return this.engine.transaction('take a lease', () => this.#take(name, holder, durationMs));
  }

  *#take(name: string, holder: string, durationMs: number): Script<boolean> {
    const { dialect } = this.engine;
    yield* run(dialect.insertNew(this.leases, ['name', 'holder', 'held_until'], 1), [name, holder, 0]);
    const [row] = yield* rowsOf(
      `SELECT holder, held_until FROM ${this.leases} WHERE name = ? ${dialect.forUpdate}`,
      [name],
    );
    const now = yield* clockOf(dialect);
    if (row !== undefined && row['holder'] !== holder && numberOf(row['held_until']) > now) return false;
    yield* run(`UPDATE ${this.leases} SET holder = ?, held_until = ? WHERE name = ?`, [
      holder,
      now + durationMs,
      name,
    ]);
    return true;
  }
}
