import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { epochMs } from '../database/epoch-ms.js';

/** A user with an account of this application. */
@Entity('users')
export class User {
  @PrimaryGeneratedColumn()
  id!: number;

  /** Lower case. */
  @Column({ type: 'varchar', length: 190, unique: true })
  email!: string;

  @Column({ type: 'varchar', length: 190 })
  name!: string;

  /** Null: the password is still the initial one, and is hashed at the first login. */
  @Column({ name: 'password_hash', type: 'varchar', length: 190, nullable: true })
  passwordHash!: string | null;

  /** Null: not linked to Meveto. Always a string, even if it looks like a number. */
  @Column({ name: 'meveto_id', type: 'varchar', length: 190, unique: true, nullable: true })
  mevetoId!: string | null;

  /** Epoch milliseconds, written by the logout module. */
  @Column({ name: 'last_logged_in', type: 'bigint', nullable: true, transformer: epochMs })
  lastLoggedIn!: number | null;

  /** Epoch milliseconds, written by the logout module. */
  @Index('users_last_logged_out')
  @Column({ name: 'last_logged_out', type: 'bigint', nullable: true, transformer: epochMs })
  lastLoggedOut!: number | null;
}
