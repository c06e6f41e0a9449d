import type { Request } from 'express';
import { Store, type Session as LiveSession, type SessionData } from 'express-session';
import { LessThan, type Repository } from 'typeorm';
import { type Session } from './session.entity.js';

type Done = (error?: unknown) => void;

/** The stored state of a session that this process currently handles. */
interface StoredState {
  readonly expiresAt: number;
  /** The session without its cookie, as JSON. */
  readonly content: string;
}

/** A touch extends the expiry, which is written at most this often. */
const TOUCH_EVERY_MS = 60_000;
/** Lifetime of a session whose cookie has no expiry, for example one that ends with the browser. */
const DEFAULT_LIFETIME_MS = 24 * 60 * 60 * 1000;

/**
 * Keeps the sessions of express-session in a table. Every access is one statement, because TypeORM's transactions would
 * share one SQLite connection between requests. Saving or touching a session updates the row and never inserts it
 * again, so that a session that another request destroyed stays destroyed.
 */
export class TypeOrmSessionStore extends Store {
  private readonly stored = new WeakMap<object, StoredState>();

  constructor(private readonly sessions: Repository<Session>) {
    super();
  }

  override get(id: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    this.read(id).then(
      (session) => {
        callback(null, session);
      },
      (error: unknown) => {
        callback(error);
      },
    );
  }

  override createSession(request: Request, data: SessionData): LiveSession & SessionData {
    const state = this.stored.get(data);
    const session = super.createSession(request, data);
    if (state !== undefined) this.stored.set(session, state);
    return session;
  }

  override set(id: string, session: SessionData, callback?: Done): void {
    persistOutcome(this.write(id, session), callback);
  }

  override touch(id: string, session: SessionData, callback?: Done): void {
    // A failed touch costs at most a minute of the session's lifetime: let the request continue.
    this.prolong(id, session).then(
      () => callback?.(),
      () => callback?.(),
    );
  }

  override destroy(id: string, callback?: Done): void {
    persistOutcome(this.sessions.delete({ id }), callback);
  }

  private async read(id: string): Promise<SessionData | null> {
    const row = await this.sessions.findOneBy({ id });
    if (row === null || row.expiresAt <= Date.now()) return null;
    const data = JSON.parse(row.data) as SessionData;
    this.stored.set(data, { expiresAt: row.expiresAt, content: contentOf(data) });
    return data;
  }

  private async write(id: string, session: SessionData): Promise<void> {
    const known = this.stored.get(session);
    const content = contentOf(session);
    if (known?.content === content) return;
    const expiresAt = expiryOf(session);
    const { userId = null, signedInAt = null, client = null } = session;
    const values = { data: JSON.stringify(session), userId, signedInAt, client, expiresAt };
    if (known === undefined) await this.sessions.upsert({ id, ...values }, ['id']);
    else await this.sessions.update({ id }, values);
    this.stored.set(session, { expiresAt, content });
  }

  private async prolong(id: string, session: SessionData): Promise<void> {
    const known = this.stored.get(session);
    const expiresAt = expiryOf(session);
    if (known === undefined || expiresAt - known.expiresAt < TOUCH_EVERY_MS) return;
    this.stored.set(session, { ...known, expiresAt });
    await this.sessions.update({ id, expiresAt: LessThan(expiresAt) }, { expiresAt });
  }
}

function persistOutcome(work: Promise<unknown>, callback: Done = () => undefined): void {
  work.then(
    () => {
      callback();
    },
    (error: unknown) => {
      callback(error);
    },
  );
}

function contentOf(session: SessionData): string {
  return JSON.stringify({ ...session, cookie: undefined });
}

function expiryOf({ cookie }: SessionData): number {
  return Date.now() + (cookie.maxAge ?? DEFAULT_LIFETIME_MS);
}
