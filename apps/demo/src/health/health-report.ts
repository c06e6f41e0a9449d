import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { MevetoLogoutService, type MevetoLogoutStatus } from 'nestjs-meveto-logout';
import type { ClusterBus } from '../cluster/cluster-bus.js';
import { CLUSTER_BUS } from '../cluster/tokens.js';

/** The answer of `/health`. Instants are ISO 8601; null: not yet. */
export type Health =
  | {
      readonly status: 'ok';
      readonly database: 'ok';
      readonly inbox: {
        readonly pending: number;
        readonly oldestPendingAgeMs: number | null;
        readonly ambiguous: number;
      };
      readonly reconciler: { readonly lastSuccessAt: string | null; readonly lastFailureAt: string | null };
      readonly guard: { readonly logoutStateAgeMs: number };
      /** The bus to the other replicas. Without it, they learn of each other's logouts a second later. */
      readonly cluster: 'none' | 'up' | 'down';
    }
  | { readonly status: 'error'; readonly database: 'unreachable' };

/** The answer must arrive before a load balancer's own time-out. */
const DEADLINE_MS = 3_000;

/**
 * Checks the database through the logout module's own tables. An unavailable Meveto does not make the application
 * unhealthy.
 */
@Injectable()
export class HealthReport {
  constructor(
    private readonly mevetoLogout: MevetoLogoutService,
    @Inject(CLUSTER_BUS) private readonly bus: ClusterBus | undefined,
  ) {}

  async read(): Promise<Health> {
    const deadline = new AbortController();
    try {
      const status = await Promise.race([
        this.mevetoLogout.status(),
        sleep(DEADLINE_MS, undefined, { signal: deadline.signal }),
      ]);
      return status === undefined ? UNREACHABLE : { ...healthy(status), cluster: stateOf(this.bus) };
    } catch {
      return UNREACHABLE;
    } finally {
      deadline.abort();
    }
  }
}

type Healthy = Extract<Health, { status: 'ok' }>;

const UNREACHABLE: Health = { status: 'error', database: 'unreachable' };

const stateOf = (bus: ClusterBus | undefined): Healthy['cluster'] =>
  bus === undefined ? 'none' : bus.isUp ? 'up' : 'down';

const healthy = ({
  calls,
  oldestPendingAgeMs,
  reconciler,
  logoutStateAgeMs,
}: MevetoLogoutStatus): Omit<Healthy, 'cluster'> => ({
  status: 'ok',
  database: 'ok',
  inbox: {
    pending: calls.pending,
    oldestPendingAgeMs: oldestPendingAgeMs ?? null,
    ambiguous: calls.ambiguous,
  },
  reconciler: {
    lastSuccessAt: isoOf(reconciler.lastSuccessAt),
    lastFailureAt: isoOf(reconciler.lastFailureAt),
  },
  guard: { logoutStateAgeMs: Math.round(logoutStateAgeMs) },
});

const isoOf = (instant: number | undefined): string | null =>
  instant === undefined ? null : new Date(instant).toISOString();
