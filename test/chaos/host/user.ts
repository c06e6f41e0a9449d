import { Column, Entity, PrimaryColumn } from 'typeorm';

const instant = { type: 'bigint', nullable: true } as const;

/** The supervisor creates this table and its rows. */
@Entity('users')
export class User {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'varchar', name: 'meveto_id', nullable: true, unique: true })
  mevetoId!: string | null;

  @Column({ ...instant, name: 'last_logged_in' })
  lastLoggedIn!: string | null;

  @Column({ ...instant, name: 'last_logged_out' })
  lastLoggedOut!: string | null;
}
