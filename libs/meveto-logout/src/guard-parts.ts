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
  SessionCheckDispatcher,
  WsSessionCheck,
} from './guard/index.js';
import { HandshakeSessions, OpenConnections, SessionValidator, ReaderAudit } from './sessions/index.js';
import { Counters } from './core/index.js';
import { STORE, type Store } from './store/index.js';

/** The providers of the guard and its checks. */
export const guardParts: Provider[] = [
  {
    provide: ReaderAudit,
    inject: [STORE, Counters],
    useFactory: (store: Store, counters: Counters) =>
      // Do not destructure `store`: its logout store exists only after the application is initialised.
      new ReaderAudit((userIds) => store.logoutStore.countUsers(userIds), counters),
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
  SessionCheckDispatcher,
  ManualSessionChecks,
  MevetoLogoutGuard,
  LateSessionInterceptor,
  MevetoLogoutSockets,
];
