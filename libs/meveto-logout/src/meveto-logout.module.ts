import { HttpModule } from '@nestjs/axios';
import { Module, type Provider } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';
import { BrowserAnswers } from './browser/browser-answers.js';
import { SessionStates } from './browser/session-states.js';
import { LogoutRelay } from './cluster/logout-relay.js';
import { HttpTokenExchange } from './exchange/http-token-exchange.js';
import { TokenExchange } from './exchange/token-exchange.port.js';
import { EndedSessions } from './guard/ended-sessions.js';
import { GuardAudit } from './guard/guard-audit.js';
import { GraphqlGate } from './guard/graphql-gate.js';
import { HttpGate } from './guard/http-gate.js';
import { LateSessionInterceptor } from './guard/late-session.interceptor.js';
import { MevetoLogoutGuard } from './guard/meveto-logout.guard.js';
import { MevetoLogoutSockets } from './guard/meveto-logout-sockets.js';
import { OpenStreams } from './guard/open-streams.js';
import { RefusalWriter } from './guard/refusal-writer.js';
import { RoutePolicies } from './guard/route-policies.js';
import { RpcGate } from './guard/rpc-gate.js';
import { SessionGates } from './guard/session-gates.js';
import { SessionJudge } from './guard/session-judge.js';
import { WsGate } from './guard/ws-gate.js';
import { Lifecycle } from './lifecycle.js';
import type { LivePushDefinition } from './live/live-push-definition.js';
import { LogoutAnnouncer } from './live/logout-announcer.js';
import { CallDesk } from './logout/call-desk.js';
import { KnownLogouts } from './logout/known-logouts.js';
import { LogoutRefresher } from './logout/logout-refresher.js';
import { LogoutService } from './logout/logout.service.js';
import { MevetoHttp } from './meveto-api/meveto-http.js';
import { MevetoLogoutService } from './meveto-logout.service.js';
import { Clock, SystemClock } from './model/clock.js';
import { ConfigurableModuleClass, GIVEN_OPTIONS } from './module-definition.js';
import { CallEvents } from './observe/call-events.js';
import { Counters } from './observe/counters.js';
import type { MevetoLogoutOptions } from './options/options.js';
import { resolveOptions } from './options/resolve-options.js';
import type { ResolvedOptions } from './options/resolved-options.js';
import { HttpPendingCalls } from './reconcile/http-pending-calls.js';
import { PendingCalls } from './reconcile/pending-calls.port.js';
import { Reconciler } from './reconcile/reconciler.js';
import { SourcePendingCalls } from './reconcile/source-pending-calls.js';
import { openVault } from './secrets/open-vault.js';
import { TokenVault } from './secrets/token-vault.js';
import { HandshakeSessions } from './session/handshake-sessions.js';
import { LIVE_PUSH, RESOLVED_OPTIONS, STORE } from './tokens.js';
import { Acknowledgement } from './webhook/acknowledgement.js';
import { AllowedAddresses } from './webhook/allowed-addresses.js';
import { CallIntake } from './webhook/call-intake.js';
import { WebhookGate } from './webhook/webhook-gate.js';
import { WebhookReceiver } from './webhook/webhook-receiver.js';
import { WebhookRoute } from './webhook/webhook-route.js';
import { Attempt } from './worker/attempt.js';
import { CallProcessor } from './worker/call-processor.js';
import { CallStorage } from './worker/call-storage.js';
import { FailedAttempts } from './worker/failed-attempts.js';
import { Housekeeping } from './worker/housekeeping.js';
import { Leases } from './worker/leases.js';
import { LogoutWorker } from './worker/logout-worker.js';
import { TokenMemory } from './worker/token-memory.js';
import { UnhealedCalls } from './worker/unhealed-calls.js';

const values: Provider[] = [
  {
    provide: RESOLVED_OPTIONS,
    inject: [GIVEN_OPTIONS, ModulesContainer, LIVE_PUSH],
    useFactory: (given: MevetoLogoutOptions, modules: ModulesContainer, livePush: LivePushDefinition) =>
      resolveOptions(given, importCountIn(modules), livePush.faults),
  },
  {
    provide: TokenVault,
    inject: [RESOLVED_OPTIONS],
    useFactory: openVault,
  },
  {
    provide: STORE,
    inject: [RESOLVED_OPTIONS, ModuleRef, Clock, TokenVault],
    useFactory: (
      { store, storeTimeoutMs }: ResolvedOptions,
      moduleRef: ModuleRef,
      clock: Clock,
      vault: TokenVault,
    ) =>
      store.create({
        moduleRef,
        clock,
        storeTimeoutMs,
        digestPerson: (mevetoId) => vault.digestPerson(mevetoId),
        earlierDigestsOfPerson: (mevetoId) => vault.earlierDigestsOfPerson(mevetoId),
      }),
  },
];

const adapters: Provider[] = [
  { provide: Clock, useClass: SystemClock },
  { provide: TokenExchange, useClass: HttpTokenExchange },
  {
    provide: PendingCalls,
    inject: [MevetoHttp, RESOLVED_OPTIONS],
    useFactory: (meveto: MevetoHttp, options: ResolvedOptions) =>
      options.reconcile.source === undefined
        ? new HttpPendingCalls(meveto, options)
        : new SourcePendingCalls(options.reconcile.source, options.exchange.timeoutMs),
  },
];

const guardParts: Provider[] = [
  SessionJudge,
  RoutePolicies,
  HandshakeSessions,
  EndedSessions,
  RefusalWriter,
  HttpGate,
  OpenStreams,
  GraphqlGate,
  WsGate,
  RpcGate,
  SessionGates,
  MevetoLogoutGuard,
  LateSessionInterceptor,
  MevetoLogoutSockets,
];

/**
 * Remote logout from Meveto. Import it once, in the root module:
 * `MevetoLogoutModule.forRoot({ clientId, clientSecret, store, session })`, or `forRootAsync({ inject, useFactory })`.
 * @throws {ConfigurationError} at start, with every fault of the options.
 */
@Module({
  // An axios of its own: interceptors of the application's would see tokens, and repeat what must not be repeated.
  imports: [HttpModule.register({})],
  providers: [
    ...values,
    ...adapters,
    ...guardParts,
    GuardAudit,
    KnownLogouts,
    Counters,
    MevetoLogoutService,
    CallEvents,
    MevetoHttp,
    SessionStates,
    BrowserAnswers,
    WebhookRoute,
    AllowedAddresses,
    WebhookGate,
    CallIntake,
    Acknowledgement,
    WebhookReceiver,
    TokenMemory,
    Leases,
    CallStorage,
    Attempt,
    FailedAttempts,
    Housekeeping,
    CallProcessor,
    LogoutWorker,
    LogoutService,
    CallDesk,
    UnhealedCalls,
    LogoutRefresher,
    LogoutAnnouncer,
    LogoutRelay,
    // Private: ScheduleModule.forRoot() would start the application's own cron jobs a second time.
    SchedulerRegistry,
    Reconciler,
    Lifecycle,
  ],
  // Where `@UseGuards(MevetoLogoutGuard)` stands, Nest makes the guard in the caller's module, of its gates.
  exports: [MevetoLogoutService, MevetoLogoutGuard, SessionGates, MevetoLogoutSockets],
})
export class MevetoLogoutModule extends ConfigurableModuleClass {}

const importCountIn = (modules: ModulesContainer): number =>
  [...modules.values()].filter((module) => module.metatype === MevetoLogoutModule).length;
