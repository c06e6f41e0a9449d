export type { OpenedExecutor } from './conformance/opened-sql-store.js';
export type { OpenedSqlRows } from './conformance/opened-sql-rows.js';
export type { OpenedStore } from './conformance/opened-store.js';
export { type ConformanceOptions, storeConformance } from './conformance/store-conformance.js';
export { sqlStoreContract, storeContract } from './conformance/store-contract.js';
export type { Expect, TestRunner } from './conformance/test-runner.js';
export {
  memoryStore,
  type MemoryStore,
  type MemoryStoreOptions,
  type MemoryToken,
  type MemoryUser,
} from '../store/memory/index.js';
export type {
  Delivery,
  DeliveryAnswer,
  DeliveryAttempt,
  DeliveryState,
  Notice,
  WebhookType,
} from './simulator/delivery/delivery.js';
export type { Application, Person } from './simulator/directory.js';
export type {
  AnswerFault,
  DeliveryFault,
  Endpoint,
  FaultsByEndpoint,
  Occurrence,
  Planned,
} from './simulator/faults/fault.js';
export type { Faults } from './simulator/faults/faults.js';
export { MevetoSimulator } from './simulator/meveto-simulator.js';
export type { MevetoSimulatorOptions } from './simulator/simulator-options.js';
export type { Exchange } from './simulator/user-tokens.js';
export { FakeClock } from './fake-clock.js';
export type { SimulatorClock } from './simulator/simulator-clock.js';
export type { Access, HttpAccess, SocketAccess } from './kit/access.js';
export {
  type AccessExpectation,
  createMevetoLogoutTesting,
  MevetoLogoutTesting,
  type MevetoLogoutTestingOptions,
  type OverridableModule,
  type TestUser,
} from './kit/meveto-logout-testing.js';
