import type { Agent } from 'node:http';
import { type Faults, weaknessOfSecret } from './core/index.js';

/** An exchange ends within three quarters of the lease of its job, so that a slow answer is never processed twice. */
export const longestExchangeMs = (leaseMs: number): number => Math.floor((leaseMs * 3) / 4);

/** The logout state does not count as stale when one poll is late. */
export const shortestStalenessMs = (pollIntervalMs: number): number => 2 * pollIntervalMs;

/** An ambiguous job is kept until no session is left that the job could have ended. */
export const ambiguousRetentionMs = (retentionMs: number, maxSessionAgeMs: number): number =>
  Math.max(retentionMs, maxSessionAgeMs);

/** Adds a fault if the agent does not serve the protocol of `apiUrl`. */
export function checkAgent(agent: Agent | undefined, apiUrl: string, faults: Faults): void {
  // Agents of agent-base serve both protocols, and have no own property `protocol`.
  if (agent === undefined || !Object.hasOwn(agent, 'protocol')) return;
  const { protocol } = new URL(apiUrl);
  const only = (agent as { protocol?: unknown }).protocol;
  if (only === protocol) return;
  faults.add(
    `outbound.agent: serves ${String(only)} only, but apiUrl is ${protocol}//… Give an agent for that.`,
  );
}

/**
 * Without the option `keys`, the keys are derived from the client secret. An attacker who sees something that such a key
 * sealed or signed could find a weak secret by trial.
 */
export function checkClientSecret(clientSecret: string, hasKeys: boolean, faults: Faults): void {
  const why = clientSecret === '' || hasKeys ? undefined : weaknessOfSecret(clientSecret);
  if (why === undefined) return;
  faults.add(
    `clientSecret: ${why} Without keys of your own they are derived from it: ask Meveto for a longer secret, or give ` +
      'keys: { current: process.env.MEVETO_KEY } of 32 random bytes (openssl rand -base64 32). Jobs that this secret has sealed ' +
      'still open then. See docs/modes.md.',
  );
}
