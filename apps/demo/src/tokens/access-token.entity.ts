import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { epochMs } from '../database/epoch-ms.js';

/** One issued API token. The token itself is not stored, only its id. */
@Entity('access_tokens')
export class AccessToken {
  /** The JWT's `jti`, a UUID. */
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Index('access_tokens_user_id')
  @Column({ name: 'user_id', type: 'integer' })
  userId!: number;

  /** Epoch milliseconds, as `recordLogin` returned them. */
  @Column({ name: 'signed_in_at', type: 'bigint', transformer: epochMs })
  signedInAt!: number;

  /** Epoch milliseconds. */
  @Index('access_tokens_expires_at')
  @Column({ name: 'expires_at', type: 'bigint', transformer: epochMs })
  expiresAt!: number;

  /** Epoch milliseconds, written by the logout module in the logout's transaction. */
  @Column({ name: 'revoked_at', type: 'bigint', nullable: true, transformer: epochMs })
  revokedAt!: number | null;

  /** The program that asked for the token, such as `curl`. */
  @Column({ type: 'varchar', length: 64, nullable: true })
  client!: string | null;
}
