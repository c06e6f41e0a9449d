import type { MevetoLogoutStatus } from 'nestjs-meveto-logout';
import { Counter, Gauge, Registry } from 'prom-client';

/** The part of the status that is shown. The module may add counters. */
interface Figures extends Pick<MevetoLogoutStatus, 'calls' | 'oldestPendingAgeMs' | 'logoutStateAgeMs'> {
  readonly counters: Readonly<Record<string, number>>;
}

/** The logout module's status as Prometheus text. */
export class LogoutMetrics {
  private readonly registry = new Registry();
  private readonly calls = new Gauge({
    name: 'meveto_logout_calls',
    help: 'Jobs by state; pending is every unfinished one.',
    labelNames: ['state'],
    registers: [this.registry],
  });
  private readonly events = new Counter({
    name: 'meveto_logout_events_total',
    help: 'What happened in this process since it started.',
    labelNames: ['event'],
    registers: [this.registry],
  });
  private readonly oldestPending = new Gauge({
    name: 'meveto_logout_oldest_pending_seconds',
    help: 'Age of the oldest unfinished job; 0 without one.',
    registers: [this.registry],
  });
  private readonly logoutStateAge = new Gauge({
    name: 'meveto_logout_knowledge_age_seconds',
    help: 'Time since this process last read the logouts.',
    registers: [this.registry],
  });

  get contentType(): string {
    return this.registry.contentType;
  }

  render(status: Figures): Promise<string> {
    for (const [state, count] of Object.entries(status.calls)) this.calls.set({ state }, count);
    this.events.reset();
    for (const [event, count] of Object.entries(status.counters)) this.events.inc({ event }, count);
    this.oldestPending.set((status.oldestPendingAgeMs ?? 0) / 1000);
    this.logoutStateAge.set(status.logoutStateAgeMs / 1000);
    return this.registry.metrics();
  }
}
