import type { MevetoLogoutStatus } from 'nestjs-meveto-logout';
import { Counter, Gauge, Registry } from 'prom-client';

/** The part of the status that is shown; counters may come to be more. */
interface Figures extends Pick<MevetoLogoutStatus, 'calls' | 'oldestPendingAgeMs' | 'knowledgeAgeMs'> {
  readonly counters: Readonly<Record<string, number>>;
}

/** The logout module's status as Prometheus text. */
export class LogoutMetrics {
  private readonly registry = new Registry();
  private readonly calls = new Gauge({
    name: 'meveto_logout_calls',
    help: 'Calls from Meveto by state; pending is every unfinished one.',
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
    help: 'Age of the oldest unfinished call; 0 without one.',
    registers: [this.registry],
  });
  private readonly knowledgeAge = new Gauge({
    name: 'meveto_logout_knowledge_age_seconds',
    help: "Age of the guard's knowledge of logouts in this process.",
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
    this.knowledgeAge.set(status.knowledgeAgeMs / 1000);
    return this.registry.metrics();
  }
}
