export { MevetoSimulator } from './meveto-simulator.js';
export type { MevetoSimulatorOptions } from './simulator-options.js';
export type { Application, Person } from './directory.js';
export type { Faults } from './faults/faults.js';
export type {
  AnswerFault,
  DeliveryFault,
  Endpoint,
  FaultsByEndpoint,
  Occurrence,
  Planned,
} from './faults/fault.js';
export type { Exchange } from './user-tokens.js';
export type {
  Delivery,
  DeliveryAnswer,
  DeliveryAttempt,
  DeliveryState,
  Notice,
  WebhookType,
} from './delivery/delivery.js';
