import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { AccessToken } from '../tokens/access-token.entity.js';
import { deleteExpired } from './delete-expired.js';
import { Session } from './session.entity.js';

const EVERY_MS = 10 * 60 * 1000;

/** Deletes expired sessions and access tokens at intervals, in batches that are too small to block other statements. */
@Injectable()
export class ExpiredRowsCleaner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(ExpiredRowsCleaner.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectRepository(Session) private readonly sessions: Repository<Session>,
    @InjectRepository(AccessToken) private readonly tokens: Repository<AccessToken>,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.clean(), EVERY_MS);
    this.timer.unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async clean(): Promise<void> {
    try {
      await deleteExpired(this.sessions);
      await deleteExpired(this.tokens);
    } catch {
      this.logger.warn('Expired rows are kept for now: the database is not available.');
    }
  }
}
