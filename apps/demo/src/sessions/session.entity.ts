import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { epochMs } from '../database/epoch-ms.js';

/** One cookie session. */
@Entity('sessions')
export class Session {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  id!: string;

  /** The data of express-session, as JSON. */
  @Column({ type: 'text' })
  data!: string;

  /** The logged in user; null before the login. */
  @Index('sessions_user_id')
  @Column({ name: 'user_id', type: 'integer', nullable: true })
  userId!: number | null;

  /** Start of the session in epoch milliseconds; null before the login. */
  @Column({ name: 'signed_in_at', type: 'bigint', nullable: true, transformer: epochMs })
  signedInAt!: number | null;

  /** The program that logged in, such as `Firefox on Linux`. */
  @Column({ type: 'varchar', length: 64, nullable: true })
  client!: string | null;

  /** Epoch milliseconds. */
  @Index('sessions_expires_at')
  @Column({ name: 'expires_at', type: 'bigint', transformer: epochMs })
  expiresAt!: number;
}
