import type { Provider } from '@nestjs/common';
import {
  EndedSessionCleanup,
  GraphqlSessionCheck,
  HttpSessionCheck,
  LateSessionInterceptor,
  MevetoLogoutGuard,
  MevetoLogoutSockets,
  RefusalWriter,
  RoutePolicies,
  RpcSessionCheck,
  ManualSessionChecks,
  SESSION_CHECKS,
  SessionCheckDispatcher,
  WsSessionCheck,
} from './guard/index.js';
import {
  HandshakeSessions,
  OpenConnections,
  ReaderEvents,
  type ResolvedSessions,
  SESSIONS_OPTIONS,
  SessionValidator,
  ReaderAudit,
} from './sessions/index.js';
import { Counters, MevetoEvents } from './core/index.js';
import { STORE, type Store } from './store/index.js';

/** The providers of the guard and its checks. */
export const guardParts: Provider[] = [
  {
    provide: ReaderAudit,
    inject: [STORE, Counters, MevetoEvents],
    // Do not destructure `store`: its logout store exists only after the application is initialised.
    useFactory: (store: Store, counters: Counters, events: MevetoEvents) =>
      new ReaderAudit((userIds) => store.logoutStore.countUsers(userIds), counters, events),
  },
  {
    provide: ReaderEvents,
    inject: [MevetoEvents, SESSIONS_OPTIONS],
    useFactory: (events: MevetoEvents, { sessions, sessionOfMessage: { rpc, ws } }: ResolvedSessions) =>
      new ReaderEvents([...sessions, rpc, ws], events),
  },
  SessionValidator,
  RoutePolicies,
  HandshakeSessions,
  EndedSessionCleanup,
  RefusalWriter,
  HttpSessionCheck,
  OpenConnections,
  GraphqlSessionCheck,
  WsSessionCheck,
  RpcSessionCheck,
  { provide: SESSION_CHECKS, useClass: SessionCheckDispatcher },
  ManualSessionChecks,
  MevetoLogoutGuard,
  LateSessionInterceptor,
  MevetoLogoutSockets,
];
