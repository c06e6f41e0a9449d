import { Inject, Injectable } from '@nestjs/common';
import { MevetoEvents, nameOfError } from './core/index.js';
import { type MevetoEvent, rootEvents } from './events.js';
import type { HookOptions } from './options.js';
import type { ResolvedOptions } from './resolve-options.js';

/** Token of the functions of the application that the module calls. */
export const HOOKS = Symbol.for('nestjs-meveto-logout:hooks');

/** Tells the application's functions of events. Events follow the commit, so an error of the application never reaches a job. */
@Injectable()
export class Hooks {
  constructor(
    @Inject(MevetoEvents) private readonly events: MevetoEvents,
    @Inject(HOOKS) { onEvent, onProtectionRemoved }: ResolvedOptions['hooks'],
  ) {
    if (onEvent !== undefined) events.listen((event) => onEvent(event as MevetoEvent));
    if (onProtectionRemoved === undefined) return;
    events.listen((emitted) => {
      const event = emitted as MevetoEvent;
      if (event.code !== 'MEVETO_PROTECTION_REMOVED') return;
      for (const userId of event.userIds) void this.#call(onProtectionRemoved, userId);
    });
  }

  async #call(hook: NonNullable<HookOptions['onProtectionRemoved']>, userId: string): Promise<void> {
    try {
      await hook({ userId });
    } catch (error) {
      const failure = { hook: 'onProtectionRemoved', userId, error: nameOfError(error) };
      this.events.emit(rootEvents.MEVETO_HOOK_FAILED, failure);
    }
  }
}
