export { storeEvents } from './events.js';
export type { JobPage, JobRecord } from './job-record.js';
export {
  INVALID_TOKEN,
  KEY_MISSING,
  LOGOUT,
  UNLINK,
  TIME_TO_LIVE,
  TIME_TO_LIVE_OUTCOME_UNKNOWN,
  TOKEN_LOST,
  CLIENT_ERROR,
  JOB_STATES,
  type JobState,
  type JobKind,
  type FinalState,
  type Room,
  KNOWN_SENDER_FOR_MS,
  PRIORITIES,
  type Priority,
  MAX_USERS,
  userIdsIn,
  type ApplyOutcome,
  UserToken,
} from './job.js';
export { LoginOutdatedError, StoreUnavailableError, UnknownUserError } from './errors.js';
export type {
  ClaimedJob,
  JobOutcome,
  ExpiredJobs,
  IncomingJob,
  ListedJob,
  NamedJob,
  OpenedJobs,
  Release,
} from './inbox-jobs.js';
export { isolated, Isolation, isRowFault, WriteBatches } from './isolation.js';
export { BY_MEVETO, type AnnouncedLogout, type Logout, type LogoutSource } from './logout.js';
export { digestsOf, isSameToken } from './listed-again.js';
export { STORE, type Store, type StoreContext, type StoreDefinition } from './store.port.js';
export type {
  ServerExecutor,
  SqlConnection,
  SqliteConnection,
  SqliteExecutor,
  SqliteStatement,
  SqlResult,
  SqlValue,
  WorkLimits,
} from './sql/executor.js';
export { CLOCK_READINGS } from './sql/clock-readings.js';
export type { DatabaseKind } from './sql/database-kind.js';
export type { InstantKind } from './sql/instant-forms.js';
export type {
  InstantColumnName,
  NamedAccessTokenTable,
  NamedTables,
  NamedUserTable,
  TableName,
} from './sql/named-tables.js';
export { printSchema, type SchemaOptions, type SchemaStep, schemaSteps } from './sql/schema-steps.js';
export { sqlStore, type SqlStoreOptions } from './sql/sql-store-definition.js';
export type { OwnTable, TableNames } from './sql/table-names.js';
export { resolveStore, STORE_OPTIONS, storeTable, type ResolvedStore, type StoreOptions } from './options.js';
