import {
  applyDecorators,
  Controller,
  Inject,
  Post,
  Req,
  Res,
  SetMetadata,
  type Type,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { SKIP_KEY } from '../core/index.js';
import { type WebhookCarrier, WebhookRequest, type WebhookResponse } from './webhook-request.js';

/** The request of a route with parameters, in Express and in Fastify. */
type RoutedRequest = WebhookCarrier & { readonly params?: { readonly secret?: string } };

/**
 * The webhook's routes. `WebhookReader` answers nearly all requests before Nest's router. What reaches these routes has another
 * path outside, e.g. below a path of `RouterModule`. The secret is a parameter, so that neither Nest's log of the routes nor an
 * OpenAPI document shows it.
 */
export function createWebhookController(path: string, publicMetadataKeys: readonly string[]): Type {
  const PublicRoute = (): ClassDecorator =>
    applyDecorators(...[SKIP_KEY, ...publicMetadataKeys].map((key) => SetMetadata(key, true)));

  // Only `@Req` and `@Res`: pipes of the application see nothing, and its interceptors have no result to change.
  @Controller({ path, version: VERSION_NEUTRAL })
  @PublicRoute()
  class MevetoWebhookController {
    constructor(@Inject(WebhookRequest) private readonly webhook: WebhookRequest) {}

    @Post()
    receive(@Req() request: WebhookCarrier, @Res() response: WebhookResponse): Promise<void> {
      return this.webhook.serve(request, response, undefined);
    }

    @Post(':secret')
    receiveWithSecret(@Req() request: RoutedRequest, @Res() response: WebhookResponse): Promise<void> {
      return this.webhook.serve(request, response, request.params?.secret);
    }
  }

  return MevetoWebhookController;
}
