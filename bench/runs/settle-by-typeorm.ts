import { createHash, randomUUID } from 'node:crypto';
import { mevetoLogoutEntities } from 'nestjs-meveto-logout/typeorm';
import { type DataSource, type EntityManager, IsNull, LessThanOrEqual } from 'typeorm';
import { User } from '../user.js';
import { AccessToken } from './host.js';
import { mevetoIdOf } from './meveto-id.js';

const [Job, Logout, , Sender] = mevetoLogoutEntities;
/** Of the module, too. */
const CONFIRM_AGAIN_MS = 3_600_000;

/** A job of this user as the worker would have it, but leased to nobody: the worker does not claim it. */
export interface WaitingJob {
  readonly id: string;
  readonly user: number;
  readonly sender: string;
  readonly occurredAt: number;
}

/** Stores jobs whose outcomes {@link settleByTypeOrm} writes. */
export async function storeJobs(
  dataSource: DataSource,
  users: readonly number[],
): Promise<readonly WaitingJob[]> {
  const [known] = await dataSource.getRepository(Sender).find();
  if (known === undefined) throw new Error('No sender is known.');
  const occurredAt = Date.now();
  const jobs = users.map((user) => ({ id: randomUUID(), user, sender: known.sender, occurredAt }));
  const rows = jobs.map(({ id, sender }) => ({
    id,
    digest: hash(id),
    kind: 'logout',
    state: 'pending',
    sealed: hash(id) + hash(id),
    priority: 1,
    sender,
    receivedAt: String(occurredAt),
    occurredAt: String(occurredAt),
    dueAt: String(occurredAt + 86_400_000),
    fence: 1,
    attempts: 1,
    unknownAttempts: 1,
    clientErrors: 0,
  }));
  await dataSource.getRepository(Job).insert(rows);
  return jobs;
}

/**
 * Writes the same rows as the module, as an application would with TypeORM: one transaction for each job. On PostgreSQL as many
 * at a time as TypeORM's pool has connections. On SQLite TypeORM has one connection.
 */
export async function settleByTypeOrm(dataSource: DataSource, jobs: readonly WaitingJob[]): Promise<void> {
  const settle = (job: WaitingJob) => dataSource.transaction((manager) => settleOne(manager, job));
  if (dataSource.options.type === 'postgres') await Promise.all(jobs.map(settle));
  else for (const job of jobs) await settle(job);
}

async function settleOne(manager: EntityManager, job: WaitingJob): Promise<void> {
  const { occurredAt } = job;
  const now = Date.now();
  const mevetoId = mevetoIdOf(job.user);
  const user = await manager.findOneByOrFail(User, { mevetoId });
  const userId = String(user.id);
  const sender = await manager.findOneBy(Sender, { sender: job.sender });
  if (Number(sender?.confirmedAt ?? 0) < now - CONFIRM_AGAIN_MS)
    await manager.upsert(Sender, { sender: job.sender, confirmedAt: String(now) }, ['sender']);
  const subjectDigest = hash(mevetoId);
  const outcome = { state: 'applied', subjectDigest, userId, finishedAt: String(now), sealed: null };
  await manager.update(Job, { id: job.id, state: 'pending' }, outcome);
  const logout = { userId, loggedOutAt: String(occurredAt), committedAt: String(now) };
  await manager.upsert(Logout, logout, ['userId']);
  await manager.update(User, { id: user.id }, { lastLoggedOut: occurredAt });
  const isLive = { userId: user.id, signedInAt: LessThanOrEqual(occurredAt), revokedAt: IsNull() };
  await manager.update(AccessToken, isLive, { revokedAt: now });
}

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');
