import { Injectable } from '@nestjs/common';
import { MevetoLogoutService } from 'nestjs-meveto-logout';
import { UserDirectory } from '../users/user-directory.js';
import type { User } from '../users/user.entity.js';
import { MevetoOAuth } from './meveto-oauth.js';

/** Whom Meveto named, and the time right before it was asked: epoch milliseconds of the store's clock. */
export interface ProvenMevetoId {
  readonly mevetoId: string;
  readonly authenticatedAt: number;
}

/** How a login with Meveto ended. */
export type MevetoLoginOutcome =
  | { readonly kind: 'person'; readonly user: User; readonly proven: ProvenMevetoId }
  | { readonly kind: 'not-linked'; readonly proven: ProvenMevetoId }
  | { readonly kind: 'refused' | 'declined' };

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
    const proven = { mevetoId: person.value, authenticatedAt };
    const user = await this.users.findByMevetoId(proven.mevetoId);
    return user === null ? { kind: 'not-linked', proven } : { kind: 'person', user, proven };
  }
}
