import type { DemoConfig } from '../config/demo-config.js';
import { ownOrigin } from '../simulator/own-addresses.js';
import type { MevetoOrigins } from '../simulator/meveto-origins.js';
import { defaultPassword } from '../users/password.js';

/** The text to print after the start: addresses and first steps. */
export function banner(config: DemoConfig, meveto: MevetoOrigins): string {
  const own = ownOrigin(config);
  if (!meveto.isSimulated) return `\n  Demo    ${own}\n  Meveto  ${meveto.apiUrl}\n`;
  const email = 'alice@example.com';
  return `
  Demo              ${own}
  Meveto simulator  ${meveto.dashboardUrl}

  1. Open ${own}/login and log in as ${email} with ${defaultPassword(email)}, or with Meveto.
  2. Open ${meveto.dashboardUrl} in another window, be Alice there, and press "Log out".
  3. Watch the demo leave by itself.
`;
}
