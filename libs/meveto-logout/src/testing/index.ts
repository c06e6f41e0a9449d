export type { OpenedExecutor } from './conformance/opened-sql-store.js';
export type { OpenedSqlRows } from './conformance/opened-sql-rows.js';
export type { OpenedStore } from './conformance/opened-store.js';
export { type ConformanceOptions, storeConformance } from './conformance/store-conformance.js';
export { sqlStoreContract, storeContract } from './conformance/store-contract.js';
export type { Expect, TestRunner } from './conformance/test-runner.js';
