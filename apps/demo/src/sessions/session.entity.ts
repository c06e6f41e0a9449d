import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { epochMs } from '../database/epoch-ms.js';

/** One cookie session. */
@Entity('sessions')
export class Session {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  id!: string;

  /** What express-session keeps, as JSON. */
  @Column({ type: 'text' })
  data!: string;

  /** Who is logged in with it; null before the login. */
  @Column({ name: 'user_id', type: 'integer', nullable: true })
  userId!: number | null;

  /** Epoch milliseconds. */
  @Index('sessions_expires_at')
  @Column({ name: 'expires_at', type: 'bigint', transformer: epochMs })
  expiresAt!: number;
}
