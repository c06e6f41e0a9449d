export { brand } from './brand.js';
export { checkedUserId, safeNameOf } from './checked-user-id.js';
export { Clock, SystemClock } from './clock.js';
export { Counters, type Counted } from './counters.js';
export { Deadline } from './deadline.js';
export {
  ConfigurationError,
  KeysUnavailableError,
  MevetoLogoutError,
  type MevetoErrorCode,
} from './errors.js';
export {
  among,
  count,
  duration,
  type EmittedEvent,
  event,
  type EventKind,
  type EventsOf,
  type FieldsOf,
  eventTable,
  instant,
  listOf,
  maybe,
  text,
  texts,
} from './event-kinds.js';
export { EventLog } from './event-log.js';
export { Faults } from './faults.js';
export { weaknessOfSecret } from './key-checks.js';
export type { KeyMaterial, KeyRing, KeySource } from './key-options.js';
export { isLoopback } from './loopback.js';
export { KeyedDigest } from './keyed-digest.js';
export { coreEvents, MevetoEvents, openEvents } from './meveto-events.js';
export { nameOfError } from './name-of-error.js';
export { openKeys, type Keys } from './open-keys.js';
export {
  flag,
  integer,
  milliseconds,
  oneOf,
  optional,
  origin,
  path,
  quoted,
  requiredText,
} from './option-kinds.js';
export {
  group,
  isObject,
  kindOf,
  refuseOtherNames,
  refuseUnknown,
  resolveTable,
  type Option,
  type OptionTable,
  type Resolved,
  type TableOf,
} from './option-table.js';
export { KEY_OPTIONS, keyTable, resolveKeys, type KeyOptions, type ResolvedKeys } from './options.js';
export { isSameOriginPath } from './same-origin-path.js';
export { HiddenFromOpenApi, OPENAPI_KEYS, SKIP_KEY } from './route-metadata.js';
export { TokenCipher } from './token-cipher.js';
export { UserNames } from './user-names.js';
export { waitAtMost, within } from './within.js';
