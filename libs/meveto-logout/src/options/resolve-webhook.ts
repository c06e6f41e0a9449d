import { BlockList, isIP } from 'node:net';
import type { Faults } from './checks.js';
import type { MevetoLogoutOptions } from './options.js';
import type { ResolvedOptions } from './resolved-options.js';

const SECRET_PATH = /^[A-Za-z0-9_-]{22,}$/;

/** Who may call the webhook. */
export const resolveWebhook = (given: MevetoLogoutOptions, faults: Faults): ResolvedOptions['webhook'] => ({
  secretPath: secretPathOf(given.webhook?.secretPath, faults),
  allowFrom: allowFromOf(given.webhook?.allowFrom, faults),
});

function secretPathOf(secretPath: unknown, faults: Faults): string | undefined {
  if (secretPath === undefined) return undefined;
  if (typeof secretPath === 'string' && SECRET_PATH.test(secretPath)) return secretPath;
  faults.add(
    'webhook.secretPath: wanted at least 22 URL-safe characters (A-Z a-z 0-9 _ -). ' +
      `Make one: node -p "require('crypto').randomBytes(24).toString('base64url')".`,
  );
  return undefined;
}

function allowFromOf(entries: unknown, faults: Faults): BlockList | undefined {
  if (entries === undefined) return undefined;
  const list = new BlockList();
  if (!Array.isArray(entries) || entries.length === 0) {
    faults.add(
      'webhook.allowFrom: wanted a list with at least one address. Leave it out to let every address call.',
    );
    return list;
  }
  for (const [index, entry] of (entries as unknown[]).entries()) {
    if (typeof entry === 'string' && add(list, entry)) continue;
    const got = typeof entry === 'string' ? `'${entry}'` : typeof entry;
    faults.add(
      `webhook.allowFrom[${String(index)}]: got ${got}, wanted an IPv4 or IPv6 address, or a range of them. ` +
        `Examples: '203.0.113.7', '203.0.113.0/24', '2001:db8::/32'.`,
    );
  }
  return list;
}

/** False when the entry is no address and no range. */
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
