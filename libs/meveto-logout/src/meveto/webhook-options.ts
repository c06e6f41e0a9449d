import { BlockList, isIP } from 'node:net';
import { type Faults, type Option, quoted, type TableOf } from '../core/index.js';
import type { WebhookOptions } from './options.js';

const SECRET_PATH = /^[A-Za-z0-9_-]{22,}$/;

const secretPath: Option<string | undefined> = {
  shape: 'text',
  byDefault: 'none',
  read: (name, given, faults) => {
    if (given === undefined) return undefined;
    if (typeof given === 'string' && SECRET_PATH.test(given)) return given;
    faults.add(
      `${name}: expected at least 22 URL-safe characters (A-Z a-z 0-9 _ -). ` +
        `Make one: node -p "require('crypto').randomBytes(24).toString('base64url')".`,
    );
    return undefined;
  },
};

const allowFrom: Option<BlockList | undefined> = {
  shape: 'list of addresses',
  byDefault: 'every address',
  read: (name, given, faults) => {
    if (given === undefined) return undefined;
    if (Array.isArray(given) && given.length > 0) return listOf(name, given, faults);
    faults.add(`${name}: expected a list with at least one address. Leave it out to allow every address.`);
    return new BlockList();
  },
};

export const webhookTable = { secretPath, allowFrom } satisfies TableOf<WebhookOptions>;

function listOf(name: string, entries: readonly unknown[], faults: Faults): BlockList {
  const list = new BlockList();
  for (const [index, entry] of entries.entries()) {
    if (typeof entry === 'string' && add(list, entry)) continue;
    faults.add(
      `${name}[${String(index)}]: got ${quoted(entry)}, expected an IPv4 or IPv6 address, or a range of them. ` +
        `Examples: '203.0.113.7', '203.0.113.0/24', '2001:db8::/32'.`,
    );
  }
  return list;
}

/** Returns false when the entry is neither an address nor a range. */
function add(list: BlockList, entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  if (bits === undefined) {
    list.addAddress(address, family);
    return true;
  }
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128)) return false;
  list.addSubnet(address, Number(bits), family);
  return true;
}
