import {
  type Faults,
  flag,
  isObject,
  kindOf,
  type Option,
  quoted,
  resolveTable,
  type TableOf,
} from './core/index.js';
import { type LivePushDefinition, noLivePush, together } from './live/index.js';
import { socketIo } from './live/socket-io/index.js';
import type { MevetoLogoutStaticOptions } from './options.js';

const WEBHOOK_PATH = 'meveto/webhook';
const BROWSER_PATH = 'meveto';
const PUBLIC_KEYS = ['isPublic', 'IS_PUBLIC', 'THROTTLER:SKIPdefault'] as const;

const webhookPath: Option<string> = {
  shape: 'path',
  byDefault: `'${WEBHOOK_PATH}'`,
  read: (name, given, faults) => {
    const value = given ?? WEBHOOK_PATH;
    // Without a segment the secret's route would take every POST of the application.
    if (typeof value === 'string' && /[^/]/.test(value)) return value;
    const got = typeof value === 'string' ? quoted(value) : kindOf(value);
    faults.add(`${name}: got ${got}, expected a path. Example: '${WEBHOOK_PATH}'.`);
    return WEBHOOK_PATH;
  },
};

const browserPath: Option<string | false> = {
  shape: 'path, or false',
  byDefault: `'${BROWSER_PATH}'`,
  read: (name, given, faults) => {
    const value = given ?? BROWSER_PATH;
    if (typeof value === 'string' || value === false) return value;
    faults.add(`${name}: got ${kindOf(value)}, expected a path, or false. Example: '${BROWSER_PATH}'.`);
    return BROWSER_PATH;
  },
};

const publicMetadataKeys: Option<readonly string[]> = {
  shape: 'list of texts',
  byDefault: `[${PUBLIC_KEYS.map((key) => `'${key}'`).join(', ')}]`,
  read: (name, given, faults) => {
    const keys = given ?? PUBLIC_KEYS;
    if (Array.isArray(keys) && keys.every((key) => typeof key === 'string')) return keys;
    faults.add(`${name}: expected a list of metadata keys. Example: ['isPublic'].`);
    return PUBLIC_KEYS;
  },
};

const livePush: Option<LivePushDefinition> = {
  shape: 'way of live push, a list of them, or false',
  byDefault: 'socketIo()',
  read: (name, given, faults) => {
    const ways = given ?? socketIo();
    if (ways === false) return noLivePush;
    if (Array.isArray(ways) && ways.every(isWay)) return together(ways);
    if (isWay(ways)) return ways;
    faults.add(`${name}: expected socketIo({ … }), pusher({ … }), a list of both, or false.`);
    return noLivePush;
  },
};

const isWay = (value: unknown): value is LivePushDefinition => isObject(value) && 'port' in value;

export const staticTable = {
  isGlobal: flag(true),
  globalGuard: flag(true),
  webhookPath,
  browserPath,
  publicMetadataKeys,
  livePush,
} satisfies TableOf<MevetoLogoutStaticOptions>;

/** Checks the given static options and fills in the defaults, also for an explicit undefined. */
export const resolveStatic = (given: MevetoLogoutStaticOptions, faults: Faults) =>
  resolveTable(staticTable, given, faults);
