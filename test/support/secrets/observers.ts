import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { MevetoLogoutService } from 'nestjs-meveto-logout';
import { openTelemetry } from 'nestjs-meveto-logout/opentelemetry';
import { prometheusMetrics } from 'nestjs-meveto-logout/prometheus';
import { Registry } from 'prom-client';
import { seen } from './secret-search.js';

class Reader extends MetricReader {
  protected override onShutdown = () => Promise.resolve();
  protected override onForceFlush = () => Promise.resolve();
}

/** Collects the events of an application, its metrics in both forms, and its spans. */
export class Observers {
  readonly #events: unknown[] = [];
  readonly #registry = new Registry();
  readonly #reader = new Reader();
  readonly #spans = new InMemorySpanExporter();
  readonly #stops: (() => void)[];

  constructor(service: MevetoLogoutService) {
    const events = service.events$.subscribe((event) => this.#events.push(event));
    const meters = new MeterProvider({ readers: [this.#reader] });
    const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(this.#spans)] });
    this.#stops = [
      () => {
        events.unsubscribe();
      },
      prometheusMetrics(service, { registry: this.#registry }),
      openTelemetry(service, { meter: meters.getMeter('test'), tracer: tracers.getTracer('test') }),
    ];
  }

  /** Everything that they show. */
  async told(): Promise<string> {
    const { resourceMetrics } = await this.#reader.collect();
    return [await this.measured(), ...this.#events.map(seen), seen(resourceMetrics)].join('\n');
  }

  /** The metrics as text, and the spans. */
  async measured(): Promise<string> {
    const spans = this.#spans
      .getFinishedSpans()
      .map(({ name, attributes, events, status }) => seen({ name, attributes, events, status }));
    return [await this.#registry.metrics(), ...spans].join('\n');
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }
}
