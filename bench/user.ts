import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A nullable column of epoch milliseconds. */
export const instant = {
  type: 'bigint',
  nullable: true,
  transformer: {
    to: (at: unknown) => at,
    from: (at: unknown) => (at === null || at === undefined ? null : Number(at)),
  },
} as const;

/** The application's user in all benchmarks with a store. */
@Entity('users')
export class User {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'varchar', name: 'meveto_id', nullable: true, unique: true })
  mevetoId!: string | null;

  @Column({ ...instant, name: 'last_logged_in' })
  lastLoggedIn!: number | null;

  @Column({ ...instant, name: 'last_logged_out' })
  lastLoggedOut!: number | null;
}

/** The option `user` of `typeOrmStore` for this entity. */
export const userMapping = {
  entity: User,
  id: 'id',
  mevetoId: 'mevetoId',
  lastLoggedIn: 'lastLoggedIn',
  lastLoggedOut: 'lastLoggedOut',
} as const;
