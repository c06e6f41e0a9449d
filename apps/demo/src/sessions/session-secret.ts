import { randomBytes } from 'node:crypto';
import type { DemoConfig } from '../config/demo-config.js';
import type { Settings } from '../database/settings.js';

/** Injection token of the secret that signs session cookies and access tokens. */
export const SESSION_SECRET = Symbol('demo:session-secret');

/** The configured secret, or one of 32 random bytes that is generated once and kept in the database. */
export const resolveSessionSecret = async (config: DemoConfig, settings: Settings): Promise<string> =>
  config.sessionSecret ?? settings.getOrSet('session-secret', randomBytes(32).toString('base64url'));
