import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { JobEvents } from './inbox/index.js';
import type { ResolvedOptions } from './resolve-options.js';

/** Token of the functions of the application that the module calls. */
export const HOOKS = Symbol('meveto-logout:hooks');

/**
 * Informs the application that a Meveto ID was cleared. Runs after the commit, so that an error of the application never
 * reaches the job.
 */
@Injectable()
export class ProtectionRemovedHook implements OnModuleInit {
  readonly #logger = new Logger('MevetoLogout');

  constructor(
    @Inject(JobEvents) private readonly events: JobEvents,
    @Inject(HOOKS) private readonly hooks: ResolvedOptions['hooks'],
  ) {}

  onModuleInit(): void {
    const { onProtectionRemoved } = this.hooks;
    if (onProtectionRemoved === undefined) return;
    this.events.protectionRemoved$.subscribe((userId) => {
      void this.#call(onProtectionRemoved, userId);
    });
  }

  async #call(
    hook: NonNullable<ResolvedOptions['hooks']['onProtectionRemoved']>,
    userId: string,
  ): Promise<void> {
    try {
      await hook({ userId });
    } catch (error) {
      // The text of an error may contain secrets.
      this.#logger.error(
        `onProtectionRemoved failed: ${error instanceof Error ? error.name : 'no error object'}`,
      );
    }
  }
}
