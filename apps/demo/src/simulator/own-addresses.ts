import type { DemoConfig } from '../config/demo-config.js';

/** The origin of the demo for browsers. */
export const ownOrigin = (config: DemoConfig): string =>
  config.publicUrl ?? `http://localhost:${String(config.port)}`;

/** Path of the webhook, without a leading slash. */
export const webhookPath = ({ webhookSecretPath }: DemoConfig): string =>
  webhookSecretPath === undefined ? 'meveto/webhook' : `meveto/webhook/${webhookSecretPath}`;
