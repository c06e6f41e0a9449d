import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { MevetoLogoutService } from 'nestjs-meveto-logout';
import { renewSession, saveSession } from '../sessions/session-data.js';
import type { User } from '../users/user.entity.js';

/** Begins cookie sessions. */
@Injectable()
export class LoginSession {
  constructor(private readonly mevetoLogout: MevetoLogoutService) {}

  /**
   * Records the login and gives the request a new session that is stored when this resolves.
   * @param authenticatedAt when the person proved who they are, in epoch milliseconds of the store's clock
   * @returns since when the session counts, in epoch milliseconds
   * @throws {LoginOutdatedError} when the person was logged out by Meveto since
   */
  async begin(request: Request, user: User, authenticatedAt?: number): Promise<number> {
    const { signedInAt } = await this.mevetoLogout.recordLogin(
      user.id,
      authenticatedAt === undefined ? {} : { authenticatedAt },
    );
    await renewSession(request);
    request.session.userId = user.id;
    request.session.signedInAt = signedInAt;
    await saveSession(request);
    return signedInAt;
  }
}
