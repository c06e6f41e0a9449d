import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Repository } from 'typeorm';
import { defaultPassword, hashPassword, isPassword } from './password.js';
import { User } from './user.entity.js';

/** A dummy hash, so that an unknown address takes as long to refuse as a wrong password. */
const DUMMY_HASH = hashPassword('dummy');

/** Finds users and checks their passwords. Every access is one statement. */
@Injectable()
export class UserDirectory {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}

  findById(id: number): Promise<User | null> {
    return this.users.findOneBy({ id });
  }

  findByMevetoId(mevetoId: string): Promise<User | null> {
    return this.users.findOneBy({ mevetoId });
  }

  /** The user with this address and password, or undefined. */
  async authenticate(email: string, password: string): Promise<User | undefined> {
    const user = await this.users.findOneBy({ email: email.trim().toLowerCase() });
    if (user === null) {
      isPassword(password, DUMMY_HASH);
      return undefined;
    }
    if (user.passwordHash !== null) return isPassword(password, user.passwordHash) ? user : undefined;
    if (password !== defaultPassword(user.email)) return undefined;
    await this.users.update(
      { id: user.id, passwordHash: IsNull() },
      { passwordHash: hashPassword(password) },
    );
    return user;
  }
}
