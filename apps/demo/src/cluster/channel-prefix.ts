import { createHash } from 'node:crypto';

/**
 * What the channels of this application begin with: databases of one Redis do not separate them. A digest, since
 * PostgreSQL's channel names are short.
 */
export const channelPrefix = (clientId: string): string =>
  `meveto-demo-${createHash('sha256').update(clientId).digest('hex').slice(0, 16)}`;
