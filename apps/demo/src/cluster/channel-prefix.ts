import { createHash } from 'node:crypto';

/**
 * Prefix of this application's channels: the databases of one Redis server share their channels. A digest, because
 * PostgreSQL limits the length of channel names.
 */
export const channelPrefix = (clientId: string): string =>
  `meveto-demo-${createHash('sha256').update(clientId).digest('hex').slice(0, 16)}`;
