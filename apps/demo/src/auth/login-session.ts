import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { MevetoLogoutService, type RecordLoginOptions } from 'nestjs-meveto-logout';
import { describeClient } from './client-description.js';
import { renewSession, saveSession } from '../sessions/session-data.js';
import type { User } from '../users/user.entity.js';

/** Starts cookie sessions. */
@Injectable()
export class LoginSession {
  constructor(private readonly mevetoLogout: MevetoLogoutService) {}

  /**
   * Records the login and gives the request a new session, which is stored when the promise resolves.
   * @param proven time and Meveto ID of a login with Meveto; by default a login by password, now
   * @returns start of the session in epoch milliseconds
   * @throws {LoginOutdatedError} when the user was logged out since
   */
  async begin(request: Request, user: User, proven: RecordLoginOptions = {}): Promise<number> {
    const { signedInAt } = await this.mevetoLogout.recordLogin(user.id, proven);
    await renewSession(request);
    request.session.userId = user.id;
    request.session.signedInAt = signedInAt;
    request.session.client = describeClient(request.headers['user-agent']);
    await saveSession(request);
    return signedInAt;
  }
}
