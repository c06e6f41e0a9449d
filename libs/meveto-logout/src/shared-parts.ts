import type { Provider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { SchedulerRegistry } from '@nestjs/schedule';
import {
  Clock,
  Counters,
  EventLog,
  KEY_OPTIONS,
  KeyedDigest,
  type Keys,
  MevetoEvents,
  openEvents,
  openKeys,
  type ResolvedKeys,
  SystemClock,
  TokenCipher,
  UserNames,
} from './core/index.js';
import { INBOX_OPTIONS, JobLeases, TokenExchange, TokenStorage, tokenStorageOf } from './inbox/index.js';
import {
  HTTP_SERVICE,
  HttpPendingWebhooks,
  MEVETO_OPTIONS,
  MevetoHttp,
  ownHttpService,
  PendingListClient,
  PendingWebhooks,
  type ResolvedMeveto,
  SCHEDULER_REGISTRY,
  SourcePendingWebhooks,
  TokenExchangeService,
} from './meveto/index.js';
import { type ResolvedStore, STORE, type Store, STORE_OPTIONS } from './store/index.js';

/** The keys, which only this module's providers take apart. */
const KEYS = Symbol.for('nestjs-meveto-logout:keys');

/** The values that parts share: events, keys, the store. */
export const sharedParts: Provider[] = [
  EventLog,
  { provide: MevetoEvents, inject: [Counters, EventLog, Clock], useFactory: openEvents },
  {
    provide: KEYS,
    inject: [MEVETO_OPTIONS, KEY_OPTIONS],
    useFactory: ({ clientId, clientSecret }: ResolvedMeveto, { keys, previousClientSecrets }: ResolvedKeys) =>
      openKeys(clientId, [clientSecret, ...previousClientSecrets], keys),
  },
  { provide: TokenCipher, inject: [KEYS], useFactory: ({ cipher }: Keys) => cipher },
  { provide: KeyedDigest, inject: [KEYS], useFactory: ({ digests }: Keys) => digests },
  {
    provide: STORE,
    inject: [STORE_OPTIONS, ModuleRef, KeyedDigest, MevetoEvents],
    useFactory: (
      { store, storeTimeoutMs }: ResolvedStore,
      moduleRef: ModuleRef,
      digests: KeyedDigest,
      events: MevetoEvents,
    ) =>
      store.create({
        moduleRef,
        storeTimeoutMs,
        events,
        digestSubject: (mevetoId) => digests.ofSubject(mevetoId),
        earlierDigestsOfSubject: (mevetoId) => digests.earlierOfSubject(mevetoId),
      }),
  },
  {
    provide: TokenStorage,
    inject: [STORE, TokenCipher, JobLeases, INBOX_OPTIONS],
    useFactory: tokenStorageOf,
  },
  {
    provide: UserNames,
    inject: [STORE, MEVETO_OPTIONS],
    useFactory: (store: Store, { clientId }: ResolvedMeveto) =>
      new UserNames(clientId, (fresh) => store.namingKey(fresh)),
  },
];

/** What ports and libraries stand for. */
export const adapterParts: Provider[] = [
  // HttpModule would provide HttpService: the application's interceptors would see tokens and repeat requests.
  { provide: HTTP_SERVICE, useFactory: ownHttpService },
  // ScheduleModule would provide SchedulerRegistry, and would start the application's cron jobs a second time.
  { provide: SCHEDULER_REGISTRY, useFactory: () => new SchedulerRegistry() },
  { provide: Clock, useClass: SystemClock },
  { provide: TokenExchange, useClass: TokenExchangeService },
  {
    provide: PendingWebhooks,
    inject: [MevetoHttp, MEVETO_OPTIONS],
    useFactory: (meveto: MevetoHttp, options: ResolvedMeveto) =>
      options.reconcile.source === undefined
        ? new HttpPendingWebhooks(meveto, options)
        : new SourcePendingWebhooks(
            options.reconcile.source,
            options.exchange.timeoutMs,
            new PendingListClient(meveto, options),
          ),
  },
];
