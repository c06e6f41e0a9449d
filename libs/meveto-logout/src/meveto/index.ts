export { mevetoEvents } from './events.js';
export { AllowedAddresses } from './sender-addresses.js';
export { PendingWebhooksUnavailableError } from './errors.js';
export { HttpPendingWebhooks } from './http-pending-webhooks.js';
export { TokenExchangeService } from './token-exchange.service.js';
export { MevetoHttp } from './meveto-http.js';
export { ownHttpService } from './own-http-service.js';
export type {
  PendingWebhookSource,
  SourceContext,
  SourcePage,
  SourceRequest,
  SourceWebhook,
} from './pending-webhook-source.js';
export { PendingListClient } from './pending-list-client.js';
export { PendingWebhooks } from './pending-webhooks.port.js';
export { MevetoReconciler } from './meveto-reconciler.js';
export { SourcePendingWebhooks } from './source-pending-webhooks.js';
export { UnresolvedJobs } from './unresolved-jobs.js';
export { createWebhookController } from './meveto-webhook.controller.js';
export { webhookTable } from './webhook-options.js';
export { WebhookReader } from './webhook-reader.js';
export { WebhookRequest } from './webhook-request.js';
export type {
  ExchangeOptions,
  MevetoOptions,
  OutboundOptions,
  ReconcileOptions,
  WebhookOptions,
} from './options.js';
export { MEVETO_OPTIONS, mevetoTable, resolveMeveto, type ResolvedMeveto } from './resolve-meveto.js';
export { HTTP_SERVICE, SCHEDULER_REGISTRY, WEBHOOK_PATH } from './tokens.js';
