import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

const SHORT = { type: 'varchar', length: 32 } as const;
const KEY = { type: 'varchar', length: 64 } as const;
const INSTANT = { type: 'bigint' } as const;

/** A call from Meveto: waiting, or ended and kept to recognise duplicates. Instants are epoch milliseconds. */
@Entity('meveto_logout_calls')
@Index('meveto_logout_calls_due', ['state', 'lane', 'dueAt'])
@Index('meveto_logout_calls_ended', ['state', 'settledAt'])
@Index('meveto_logout_calls_person', ['person'])
export class MevetoLogoutCall {
  @PrimaryColumn(KEY)
  id!: string;

  /** Keyed digest of the token. */
  @Index('meveto_logout_calls_digest', { unique: true })
  @Column({ ...KEY, name: 'digest' })
  digest!: string;

  /** Meveto's id of the call, for calls of the pending list. */
  @Index('meveto_logout_calls_source', { unique: true })
  @Column({ type: 'varchar', length: 191, name: 'source_id', nullable: true })
  sourceId!: string | null;

  @Column({ ...KEY, name: 'type' })
  type!: string;

  @Column({ ...SHORT, name: 'state' })
  state!: string;

  /** The sealed token; null once the call has ended. */
  @Column({ type: 'text', name: 'sealed', nullable: true })
  sealed!: string | null;

  /** Smaller goes first: 0 from the pending list, 1 from a confirmed sender, 2 from a stranger. */
  @Column({ type: 'smallint', name: 'lane' })
  lane!: number;

  /** Keyed digest of the address that it came from. */
  @Column({ ...KEY, name: 'sender', nullable: true })
  sender!: string | null;

  @Column({ ...INSTANT, name: 'received_at' })
  receivedAt!: string;

  /** When the person pressed log out: the time of receipt, or Meveto's own when it is known. */
  @Column({ ...INSTANT, name: 'occurred_at' })
  occurredAt!: string;

  /** Not worked on before this time: the end of a lease, or of a pause after a failure. */
  @Column({ ...INSTANT, name: 'due_at' })
  dueAt!: string;

  /** Grows with every claim; an older one may no longer write. */
  @Column({ type: 'int', name: 'fence' })
  fence!: number;

  @Column({ type: 'int', name: 'attempts' })
  attempts!: number;

  /** Attempts that were begun and whose outcome nobody knows: the token may be used up. */
  @Column({ type: 'int', name: 'unknown_attempts' })
  unknownAttempts!: number;

  /** Those of them that were turned away (HTTP 4xx), as a gateway before Meveto does. */
  @Column({ type: 'int', name: 'refusals' })
  refusals!: number;

  @Column({ ...INSTANT, name: 'settled_at', nullable: true })
  settledAt!: string | null;

  /** When the pending list last named it, to half a minute. */
  @Column({ ...INSTANT, name: 'listed_at', nullable: true })
  listedAt!: string | null;

  @Column({ ...KEY, name: 'reason', nullable: true })
  reason!: string | null;

  /** Keyed digest of the Meveto ID, once it is known. */
  @Column({ ...KEY, name: 'person', nullable: true })
  person!: string | null;

  @Column({ type: 'varchar', length: 191, name: 'user_id', nullable: true })
  userId!: string | null;
}

/** A user's last logout: what the guards of all replicas load and refresh from. */
@Entity('meveto_logout_marks')
export class MevetoLogoutMark {
  @PrimaryColumn({ type: 'varchar', length: 191, name: 'user_id' })
  userId!: string;

  @Column({ ...INSTANT, name: 'logged_out_at' })
  loggedOutAt!: string;

  /** When it was committed, by the store's clock: the refresh goes by it. */
  @Index('meveto_logout_marks_settled')
  @Column({ ...INSTANT, name: 'settled_at' })
  settledAt!: string;
}

/** An address that sent a confirmed call. */
@Entity('meveto_logout_senders')
export class MevetoLogoutSender {
  /** Keyed digest of the address. */
  @PrimaryColumn({ ...KEY, name: 'sender' })
  sender!: string;

  @Column({ ...INSTANT, name: 'confirmed_at' })
  confirmedAt!: string;
}

/** Held by one replica at a time. */
@Entity('meveto_logout_leases')
export class MevetoLogoutLease {
  @PrimaryColumn({ ...KEY, name: 'name' })
  name!: string;

  @Column({ ...KEY, name: 'holder' })
  holder!: string;

  @Column({ ...INSTANT, name: 'held_until' })
  heldUntil!: string;
}

/** Give these to the DataSource: `entities: [User, ...mevetoLogoutEntities]`. */
export const mevetoLogoutEntities = [
  MevetoLogoutCall,
  MevetoLogoutMark,
  MevetoLogoutLease,
  MevetoLogoutSender,
] as const;
