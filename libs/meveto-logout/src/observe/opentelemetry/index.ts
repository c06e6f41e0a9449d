export { openTelemetry, type OpenTelemetryOptions } from './opentelemetry.js';
