import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type FindOperator, IsNull, MoreThan, Repository } from 'typeorm';
import { SESSION_LIFETIME_MS } from '../sessions/session-middleware.js';
import { Session } from '../sessions/session.entity.js';
import { AccessToken } from '../tokens/access-token.entity.js';
import type { Caller, Credential } from '../auth/callers.js';
import type { User } from '../users/user.entity.js';
import { type Device, deviceId } from './device.js';

/** The page shows only the newest devices of each kind: a load test may create many more. */
const SHOWN_AT_MOST = 100;

/** The devices of a user. */
@Injectable()
export class Devices {
  constructor(
    @InjectRepository(Session) private readonly sessions: Repository<Session>,
    @InjectRepository(AccessToken) private readonly tokens: Repository<AccessToken>,
  ) {}

  /** The live sessions and access tokens of a user: the current one first, then the newest. */
  async of({ user, by }: Caller): Promise<readonly Device[]> {
    const [sessions, tokens] = await Promise.all([this.liveSessions(user), this.liveTokens(user)]);
    const devices = [
      ...sessions.map((session) => describe('session', session, by)),
      ...tokens.map((token) => describe('token', token, by)),
    ];
    return devices.sort(
      (one, other) =>
        Number(other.isCurrent) - Number(one.isCurrent) ||
        other.signedInAt - one.signedInAt ||
        one.id.localeCompare(other.id),
    );
  }

  /** Ends a session or token of the user. Returns false if there is no such one. */
  async signOut(user: User, id: string): Promise<boolean> {
    const session = (await this.liveSessions(user)).find((each) => deviceId('session', each.id) === id);
    if (session !== undefined) {
      await this.sessions.delete({ id: session.id, userId: user.id });
      return true;
    }
    const token = (await this.liveTokens(user)).find((each) => deviceId('token', each.id) === id);
    if (token === undefined) return false;
    await this.tokens.update(
      { id: token.id, userId: user.id, revokedAt: IsNull() },
      { revokedAt: Date.now() },
    );
    return true;
  }

  private liveSessions(user: User): Promise<Session[]> {
    return this.sessions.find({
      select: { id: true, client: true, signedInAt: true },
      where: { userId: user.id, ...stillGood(user) },
      order: { signedInAt: 'DESC' },
      take: SHOWN_AT_MOST,
    });
  }

  private liveTokens(user: User): Promise<AccessToken[]> {
    return this.tokens.find({
      select: { id: true, client: true, signedInAt: true },
      where: { userId: user.id, revokedAt: IsNull(), ...stillGood(user) },
      order: { signedInAt: 'DESC' },
      take: SHOWN_AT_MOST,
    });
  }
}

/** Condition for live rows: not begun at or before the user's last logout, and not expired. */
function stillGood({ lastLoggedOut }: User): Record<'signedInAt' | 'expiresAt', FindOperator<number>> {
  const now = Date.now();
  return {
    signedInAt: MoreThan(Math.max(lastLoggedOut ?? 0, now - SESSION_LIFETIME_MS)),
    expiresAt: MoreThan(now),
  };
}

const describe = (
  kind: Device['kind'],
  { id, client, signedInAt }: Pick<Session, 'id' | 'client' | 'signedInAt'>,
  by: Credential,
): Device => ({
  id: deviceId(kind, id),
  kind,
  client: client ?? 'Unknown program',
  signedInAt: signedInAt ?? 0,
  isCurrent: by.kind === kind && by.id === id,
});
