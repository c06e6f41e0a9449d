import { Injectable } from '@nestjs/common';
import { MevetoLogoutService } from 'nestjs-meveto-logout';
import { UserDirectory } from '../users/user-directory.js';
import type { User } from '../users/user.entity.js';
import { MevetoOAuth } from './meveto-oauth.js';

/** How a login with Meveto ended. */
export type MevetoLoginOutcome =
  | { readonly kind: 'person'; readonly user: User; readonly authenticatedAt: number }
  | { readonly kind: 'refused' | 'declined' | 'not-linked' };

/** Turns the code that a browser brought back into a person of this application. */
@Injectable()
export class MevetoLogin {
  constructor(
    private readonly oauth: MevetoOAuth,
    private readonly mevetoLogout: MevetoLogoutService,
    private readonly users: UserDirectory,
  ) {}

  /** @throws {MevetoUnavailableError} when Meveto cannot be reached or understood */
  async complete(code: string, redirectUri: string): Promise<MevetoLoginOutcome> {
    // The person has proven who they are by now: a logout that arrives later beats this login, however long the rest takes.
    const authenticatedAt = await this.mevetoLogout.now();
    const redeemed = await this.oauth.redeemCode(code, redirectUri);
    if (redeemed.kind !== 'granted') return redeemed;
    const person = await this.oauth.mevetoIdOf(redeemed.value);
    if (person.kind !== 'granted') return person;
    const user = await this.users.findByMevetoId(person.value);
    return user === null ? { kind: 'not-linked' } : { kind: 'person', user, authenticatedAt };
  }
}
