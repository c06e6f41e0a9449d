import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { MevetoLogoutService, type MevetoLogoutStatus } from 'nestjs-meveto-logout';

/** The answer of `/health`. Instants are ISO 8601, null: not yet. */
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
      readonly guard: { readonly knowledgeAgeMs: number };
    }
  | { readonly status: 'error'; readonly database: 'unreachable' };

/** A load balancer must have its answer before it gives up by itself. */
const DEADLINE_MS = 3_000;

/** Asks the database, by way of the logout module's own tables. Meveto being down is no fault of this application. */
@Injectable()
export class HealthReport {
  constructor(private readonly mevetoLogout: MevetoLogoutService) {}

  async read(): Promise<Health> {
    const deadline = new AbortController();
    try {
      const status = await Promise.race([
        this.mevetoLogout.status(),
        sleep(DEADLINE_MS, undefined, { signal: deadline.signal }),
      ]);
      return status === undefined ? UNREACHABLE : healthy(status);
    } catch {
      return UNREACHABLE;
    } finally {
      deadline.abort();
    }
  }
}

const UNREACHABLE: Health = { status: 'error', database: 'unreachable' };

const healthy = ({ calls, oldestPendingAgeMs, reconciler, knowledgeAgeMs }: MevetoLogoutStatus): Health => ({
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
  guard: { knowledgeAgeMs: Math.round(knowledgeAgeMs) },
});

const isoOf = (instant: number | undefined): string | null =>
  instant === undefined ? null : new Date(instant).toISOString();
