import type { EnvironmentReader } from './environment-reader.js';
import { isLoopbackHost } from './loopback.js';

/** The Meveto that the demo uses: a real one, or the simulator in the same process. */
export type MevetoTarget =
  | { readonly kind: 'simulator'; readonly port: number }
  | { readonly kind: 'remote'; readonly apiUrl: string; readonly dashboardUrl: string };

/** The application's credentials at Meveto. */
export interface MevetoClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

const SIMULATED_CLIENT: MevetoClient = {
  clientId: 'demo-client',
  clientSecret: 'demo-client-secret-only-for-the-simulator',
};

/** The module's requirements for a secret that keys are derived from. */
const MIN_SECRET_BYTES = 16;
const MIN_DISTINCT = 8;

/** Reads the addresses of Meveto: https, or http on a loopback address. */
export function readMevetoTarget(reader: EnvironmentReader): MevetoTarget {
  const port = reader.integer('SIMULATOR_PORT', 4000, 0, 65_535);
  const api = secureOrigin(reader, 'MEVETO_API_URL');
  const dashboard = secureOrigin(reader, 'MEVETO_DASHBOARD_URL');
  if (api !== undefined) {
    return { kind: 'remote', apiUrl: api.origin, dashboardUrl: (dashboard ?? dashboardOf(api)).origin };
  }
  if (dashboard !== undefined && reader.text('MEVETO_API_URL') === undefined) {
    reader.fault(
      'MEVETO_DASHBOARD_URL',
      'is set without MEVETO_API_URL',
      'set both, or unset it to use the simulator',
    );
  }
  return { kind: 'simulator', port };
}

/** Reads the application's credentials; required with a real Meveto. */
export function readMevetoClient(reader: EnvironmentReader): MevetoClient {
  const clientId = reader.text('MEVETO_CLIENT_ID');
  const clientSecret = reader.text('MEVETO_CLIENT_SECRET');
  if (reader.text('MEVETO_API_URL') !== undefined) {
    const remedy =
      'take it from your application at the Meveto dashboard, or unset MEVETO_API_URL to use the simulator';
    if (clientId === undefined) reader.fault('MEVETO_CLIENT_ID', 'is missing', remedy);
    if (clientSecret === undefined) reader.fault('MEVETO_CLIENT_SECRET', 'is missing', remedy);
  }
  if (clientSecret !== undefined && isWeak(clientSecret)) {
    reader.fault(
      'MEVETO_CLIENT_SECRET',
      `has fewer than ${String(MIN_SECRET_BYTES)} bytes, or fewer than ${String(MIN_DISTINCT)} different ones`,
      'have Meveto issue a longer one: stored tokens are sealed with keys that are derived from it',
    );
  }
  return {
    clientId: clientId ?? SIMULATED_CLIENT.clientId,
    clientSecret: clientSecret ?? SIMULATED_CLIENT.clientSecret,
  };
}

function isWeak(secret: string): boolean {
  const bytes = Buffer.from(secret);
  return bytes.length < MIN_SECRET_BYTES || new Set(bytes).size < MIN_DISTINCT;
}

function secureOrigin(reader: EnvironmentReader, name: string): URL | undefined {
  const url = reader.origin(name);
  if (url === undefined || url.protocol === 'https:' || isLoopbackHost(url.hostname)) return url;
  reader.fault(
    name,
    `is plain http to ${url.hostname}`,
    'use https, plain http is for a loopback address only',
  );
  return undefined;
}

/** Meveto's own dashboard is on another host than its API. A simulator serves both on one origin. */
const dashboardOf = (api: URL): URL =>
  api.hostname === 'prod.meveto.com' ? new URL('https://dashboard.meveto.com') : api;
