import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

const SHORT = { type: 'varchar', length: 32 } as const;
const KEY = { type: 'varchar', length: 64 } as const;
const INSTANT = { type: 'bigint' } as const;

/** A job, unfinished or finished. Finished jobs are kept to recognise duplicates. Instants are epoch milliseconds. */
@Entity('meveto_logout_jobs')
// Partial, so that a new job is written into few indexes. A query must repeat the condition, or compare the column with a value.
// The kind is the last column, so that the database skips rows of unknown kinds within the index.
@Index('meveto_logout_jobs_due', ['state', 'priority', 'dueAt', 'kind'], { where: "state = 'pending'" })
@Index('meveto_logout_jobs_finished', ['state', 'finishedAt'], { where: 'finished_at IS NOT NULL' })
// With the kind: otherwise a search for removals reads every logout of the person. With the time, for the last logout.
@Index('meveto_logout_jobs_subject', ['subjectDigest', 'kind', 'occurredAt'], {
  where: 'subject_digest IS NOT NULL',
})
export class MevetoLogoutJob {
  @PrimaryColumn(KEY)
  id!: string;

  /** Keyed digest of the token. */
  @Index('meveto_logout_jobs_digest', { unique: true })
  @Column({ ...KEY, name: 'digest' })
  digest!: string;

  /** Meveto's id of the webhook; null if the job was never listed. */
  @Index('meveto_logout_jobs_source', { unique: true, where: 'source_id IS NOT NULL' })
  @Column({ type: 'varchar', length: 191, name: 'source_id', nullable: true })
  sourceId!: string | null;

  @Column({ ...KEY, name: 'kind' })
  kind!: string;

  @Column({ ...SHORT, name: 'state' })
  state!: string;

  /** The sealed token; null once the job is finished, or if only the memory of a process has the token. */
  @Column({ type: 'text', name: 'sealed', nullable: true })
  sealed!: string | null;

  /** The smaller number comes first: 0 listed webhook, 1 known sender, 2 unknown sender. */
  @Column({ type: 'smallint', name: 'priority' })
  priority!: number;

  /** Keyed digest of the sender's address. */
  @Column({ ...KEY, name: 'sender', nullable: true })
  sender!: string | null;

  @Column({ ...INSTANT, name: 'received_at' })
  receivedAt!: string;

  /** When the logout happened: Meveto's own time if known, else the first receipt. */
  @Column({ ...INSTANT, name: 'occurred_at' })
  occurredAt!: string;

  /** When the job is due: the end of the lease, or of the delay after a failure. */
  @Column({ ...INSTANT, name: 'due_at' })
  dueAt!: string;

  /** Grows with every claim. A worker with an older fence may no longer write. */
  @Column({ type: 'int', name: 'fence' })
  fence!: number;

  @Column({ type: 'int', name: 'attempts' })
  attempts!: number;

  /** Number of attempts with unknown outcome: the token may be used up. */
  @Column({ type: 'int', name: 'unknown_attempts' })
  unknownAttempts!: number;

  /** Number of these attempts that ended with a client error (HTTP 4xx), which a gateway in front of Meveto may send. */
  @Column({ type: 'int', name: 'client_errors' })
  clientErrors!: number;

  @Column({ ...INSTANT, name: 'finished_at', nullable: true })
  finishedAt!: string | null;

  /** When the job was last listed, accurate to 30 seconds; null if never. */
  @Column({ ...INSTANT, name: 'listed_at', nullable: true })
  listedAt!: string | null;

  @Column({ ...KEY, name: 'reason', nullable: true })
  reason!: string | null;

  /** Keyed digest of the Meveto ID; null until Meveto names the user. */
  @Column({ ...KEY, name: 'subject_digest', nullable: true })
  subjectDigest!: string | null;

  @Column({ type: 'varchar', length: 191, name: 'user_id', nullable: true })
  userId!: string | null;

  /** JSON array of the ids of further users with the same Meveto ID. */
  @Column({ type: 'text', name: 'other_user_ids', nullable: true })
  otherUserIds!: string | null;
}

/** The last logout of a user. The pollers of all replicas read this table. One row holds metadata: see logout-rows.ts. */
@Entity('meveto_logout_logouts')
export class MevetoLogoutLogout {
  @PrimaryColumn({ type: 'varchar', length: 191, name: 'user_id' })
  userId!: string;

  @Column({ ...INSTANT, name: 'logged_out_at' })
  loggedOutAt!: string;

  /** When the logout was committed, by the store's clock. Polls select by this column. */
  @Index('meveto_logout_logouts_committed')
  @Column({ ...INSTANT, name: 'committed_at' })
  committedAt!: string;

  /** The reason passed to `logOut`; null if Meveto requested the logout. */
  @Column({ ...SHORT, name: 'reason', nullable: true })
  reason!: string | null;
}

/** A known sender: an address that sent a job for which Meveto named the user. */
@Entity('meveto_logout_senders')
export class MevetoLogoutSender {
  /** Keyed digest of the address. */
  @PrimaryColumn({ ...KEY, name: 'sender' })
  sender!: string;

  @Column({ ...INSTANT, name: 'confirmed_at' })
  confirmedAt!: string;
}

/** A lease that one replica holds at a time. */
@Entity('meveto_logout_leases')
export class MevetoLogoutLease {
  @PrimaryColumn({ ...KEY, name: 'name' })
  name!: string;

  @Column({ ...KEY, name: 'holder' })
  holder!: string;

  @Column({ ...INSTANT, name: 'leased_until' })
  leasedUntil!: string;
}

/** A key that is generated once and shared by all replicas. */
@Entity('meveto_logout_keys')
export class MevetoLogoutKey {
  /** The purpose of the key. */
  @PrimaryColumn({ ...KEY, name: 'name' })
  name!: string;

  /** 32 random bytes as base64url. */
  @Column({ ...KEY, name: 'material' })
  material!: string;
}

/** Give these to the DataSource: `entities: [User, ...mevetoLogoutEntities]`. */
export const mevetoLogoutEntities = [
  MevetoLogoutJob,
  MevetoLogoutLogout,
  MevetoLogoutLease,
  MevetoLogoutSender,
  MevetoLogoutKey,
] as const;
