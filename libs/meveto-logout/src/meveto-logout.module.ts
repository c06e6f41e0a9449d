import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { BrowserAnswers, LogoutAnnouncer, SessionStates } from './live/index.js';
import { LogoutCache, LogoutPoller, LogoutBroadcaster, LOGOUTS_OPTIONS } from './logouts/index.js';
import {
  AllowedAddresses,
  MEVETO_OPTIONS,
  MevetoHttp,
  MevetoReconciler,
  UnresolvedJobs,
  WebhookReader,
  WebhookRequest,
} from './meveto/index.js';
import {
  Acknowledgement,
  ExchangeLimiter,
  JobAdmin,
  JobEvents,
  Ingest,
  JobProcessor,
  Housekeeping,
  INBOX_OPTIONS,
  JobLeases,
  LogoutService,
  LogoutWorker,
} from './inbox/index.js';
import {
  GUARD_OPTIONS,
  GuardAudit,
  MevetoLogoutGuard,
  MevetoLogoutSockets,
  SESSION_CHECKS,
} from './guard/index.js';
import { SESSIONS_OPTIONS } from './sessions/index.js';
import { guardParts } from './guard-parts.js';
import { adapterParts, sharedParts } from './shared-parts.js';
import { Lifecycle, StartReport } from './lifecycle.js';
import { MevetoLogoutService } from './meveto-logout.service.js';
import { brand, ConfigurationError, Counters, isObject, KEY_OPTIONS, kindOf } from './core/index.js';
import {
  type ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  GIVEN_OPTIONS,
  type OPTIONS_TYPE,
  STATIC_FAULTS,
} from './module-definition.js';
import type { MevetoLogoutOptions } from './options.js';
import { OBSERVED } from './observe/index.js';
import { ProcessState } from './process-state.js';
import { OptionsScope } from './options-scope.js';
import { RESOLVED_OPTIONS, type ResolvedOptions, resolveOptions } from './resolve-options.js';
import { STORE_OPTIONS } from './store/index.js';
import { HOOKS, Hooks } from './hooks.js';

const slice = (token: symbol, name: keyof ResolvedOptions): Provider => ({
  provide: token,
  inject: [RESOLVED_OPTIONS],
  useFactory: (options: ResolvedOptions) => options[name],
});

const options: Provider[] = [
  {
    provide: RESOLVED_OPTIONS,
    inject: [GIVEN_OPTIONS, ModulesContainer, STATIC_FAULTS],
    useFactory: (given: MevetoLogoutOptions, modules: ModulesContainer, staticFaults: readonly string[]) =>
      resolveOptions(given, importCountIn(modules), staticFaults),
  },
  slice(MEVETO_OPTIONS, 'meveto'),
  slice(KEY_OPTIONS, 'keys'),
  slice(STORE_OPTIONS, 'store'),
  slice(INBOX_OPTIONS, 'inbox'),
  slice(LOGOUTS_OPTIONS, 'logouts'),
  slice(SESSIONS_OPTIONS, 'sessions'),
  slice(GUARD_OPTIONS, 'guard'),
  slice(HOOKS, 'hooks'),
];

/**
 * Remote logout from Meveto. Import it once, in the root module:
 * `MevetoLogoutModule.forRoot({ clientId, clientSecret, store, session })`, or `forRootAsync({ inject, useFactory })`.
 * @throws {ConfigurationError} at start, with all faults of the options
 */
@Module({
  providers: [
    ...options,
    OptionsScope,
    ...sharedParts,
    ...adapterParts,
    ...guardParts,
    GuardAudit,
    LogoutCache,
    Counters,
    ProcessState,
    MevetoLogoutService,
    { provide: OBSERVED, useExisting: MevetoLogoutService },
    JobEvents,
    MevetoHttp,
    SessionStates,
    BrowserAnswers,
    AllowedAddresses,
    WebhookRequest,
    WebhookReader,
    Ingest,
    Acknowledgement,
    JobLeases,
    Housekeeping,
    ExchangeLimiter,
    JobProcessor,
    LogoutWorker,
    LogoutService,
    JobAdmin,
    Hooks,
    UnresolvedJobs,
    LogoutPoller,
    LogoutAnnouncer,
    LogoutBroadcaster,
    MevetoReconciler,
    StartReport,
    Lifecycle,
  ],
  // Nest creates the guard of `@UseGuards(MevetoLogoutGuard)` in the caller's module, with these session checks.
  exports: [MevetoLogoutService, OBSERVED, MevetoLogoutGuard, SESSION_CHECKS, MevetoLogoutSockets],
})
export class MevetoLogoutModule extends ConfigurableModuleClass {
  static {
    brand(this, 'MevetoLogoutModule');
  }

  /**
   * Takes the options directly.
   * @throws {ConfigurationError} when `options` is not an object
   */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    requireObject('forRoot', options, '{ clientId, clientSecret, store, session }');
    return super.forRoot(options);
  }

  /**
   * Takes the options from other providers, in one of three ways:
   * - `{ imports?, inject?, useFactory }`: a function that returns them, or a promise of them;
   * - `{ imports?, useClass }`: a class that implements `MevetoLogoutOptionsFactory`; the module creates an instance;
   * - `{ imports, useExisting }`: such a class that an imported module provides and exports.
   *
   * Static options (`MevetoLogoutStaticOptions`, e.g. `webhookPath` and `livePush`) are given beside these properties. If the
   * returned options contain a static option, the start fails with a message that names the option.
   * @throws {ConfigurationError} when `options` is not an object
   * @see docs/options.md
   */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    requireObject('forRootAsync', options, '{ inject, useFactory }, { useClass } or { useExisting }');
    return super.forRootAsync(options);
  }
}

const importCountIn = (modules: ModulesContainer): number =>
  [...modules.values()].filter((module) => module.metatype.prototype instanceof MevetoLogoutModule).length;

function requireObject(method: 'forRoot' | 'forRootAsync', options: unknown, example: string): void {
  if (isObject(options)) return;
  throw new ConfigurationError([
    `${method}(options): got ${kindOf(options)}, expected an object with options. Pass ${example}. ` +
      'docs/options.md lists all options.',
  ]);
}
