import { type Meter, metrics, trace, type Tracer } from '@opentelemetry/api';
import type { Observed } from '../observed.js';
import { recordMetrics } from './opentelemetry-metrics.js';
import { recordSpans } from './opentelemetry-spans.js';

const SCOPE = 'nestjs-meveto-logout';

export interface OpenTelemetryOptions {
  /** @defaultValue the meter `nestjs-meveto-logout` of the global meter provider */
  readonly meter?: Meter;
  /** @defaultValue the tracer `nestjs-meveto-logout` of the global tracer provider */
  readonly tracer?: Tracer;
}

/**
 * Records metrics and spans of the logout module with OpenTelemetry. No attribute contains a user, an address or a token.
 * @param observed `MevetoLogoutService`
 * @returns a function that stops recording, for applications that start again in the same process
 * @see docs/operations.md
 */
export function openTelemetry(
  observed: Observed,
  { meter = metrics.getMeter(SCOPE), tracer = trace.getTracer(SCOPE) }: OpenTelemetryOptions = {},
): () => void {
  const stops = [recordMetrics(observed, meter), recordSpans(observed, tracer)];
  return () => {
    for (const stop of stops) stop();
  };
}
