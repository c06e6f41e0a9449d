import { Injectable } from '@nestjs/common';
import { MevetoLogoutService } from 'nestjs-meveto-logout';
import { UserDirectory } from '../users/user-directory.js';
import type { User } from '../users/user.entity.js';
import { MevetoOAuth } from './meveto-oauth.js';

/** The Meveto ID that Meveto named, and the time right before the request: epoch milliseconds of the store's clock. */
interface ProvenMevetoId {
  readonly mevetoId: string;
  readonly authenticatedAt: number;
}

/** The outcome of a login with Meveto. */
export type MevetoLoginOutcome =
  | { readonly kind: 'person'; readonly user: User; readonly proven: ProvenMevetoId }
  | { readonly kind: 'not-linked'; readonly proven: ProvenMevetoId }
  | { readonly kind: 'refused' | 'declined' };

/** Finds the user for the code that a browser returned. */
@Injectable()
export class MevetoLogin {
  constructor(
    private readonly oauth: MevetoOAuth,
    private readonly mevetoLogout: MevetoLogoutService,
    private readonly users: UserDirectory,
  ) {}

  /** @throws {MevetoUnavailableError} when Meveto does not answer, or answers as not documented */
  async complete(code: string, redirectUri: string): Promise<MevetoLoginOutcome> {
    // The user has authenticated by now: a logout that arrives from now on ends this login, however long the rest
    // takes.
    const authenticatedAt = await this.mevetoLogout.now();
    const redeemed = await this.oauth.redeemCode(code, redirectUri);
    if (redeemed.kind !== 'granted') return redeemed;
    const person = await this.oauth.mevetoIdOf(redeemed.value);
    if (person.kind !== 'granted') return person;
    const proven = { mevetoId: person.value, authenticatedAt };
    const user = await this.users.findByMevetoId(proven.mevetoId);
    return user === null ? { kind: 'not-linked', proven } : { kind: 'person', user, proven };
  }
}
