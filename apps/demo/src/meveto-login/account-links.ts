import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, QueryFailedError, Repository } from 'typeorm';
import { User } from '../users/user.entity.js';

/** `linked-otherwise`: the account has another Meveto ID. `taken`: another account has this one. */
export type LinkOutcome = 'linked' | 'linked-otherwise' | 'taken';

/** Links accounts to Meveto IDs: one to one. */
@Injectable()
export class AccountLinks {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}

  /**
   * Links in one statement, on condition that the account is unchanged: of two concurrent requests, one succeeds.
   * @param mayReplace whether the account's link to another Meveto ID may be replaced
   */
  async link(user: User, mevetoId: string, mayReplace: boolean): Promise<LinkOutcome> {
    if (user.mevetoId === mevetoId) return 'linked';
    if (user.mevetoId !== null && !mayReplace) return 'linked-otherwise';
    try {
      const { affected } = await this.users.update(
        { id: user.id, mevetoId: user.mevetoId ?? IsNull() },
        { mevetoId },
      );
      return affected === 0 ? 'linked-otherwise' : 'linked';
    } catch (error) {
      if (isDuplicate(error)) return 'taken';
      throw error;
    }
  }
}

/** Error codes of PostgreSQL, MySQL and SQLite, in this order. */
const DUPLICATE = /^(23505|ER_DUP_ENTRY|SQLITE_CONSTRAINT_UNIQUE)$/;

function isDuplicate(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { readonly code?: unknown };
  return typeof code === 'string' && DUPLICATE.test(code);
}
