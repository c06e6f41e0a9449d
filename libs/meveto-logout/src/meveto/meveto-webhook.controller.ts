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
import { OPENAPI_KEYS, SKIP_KEY } from '../core/index.js';
import { type WebhookCarrier, WebhookRequest, type WebhookResponse } from './webhook-request.js';

const BODY = {
  in: 'body',
  type: String,
  required: true,
  schema: {
    type: 'object',
    required: ['type', 'user_token'],
    properties: {
      type: { type: 'string', example: 'User_Logged_Out' },
      user_token: { type: 'string', description: 'One-time token of the person.' },
    },
  },
} as const;
const SECRET = {
  name: 'secret',
  in: 'path',
  type: String,
  required: true,
  description: 'The option webhook.secretPath.',
  schema: { type: 'string' },
} as const;
const RESPONSES = {
  202: { description: 'Stored or known. The same for valid and invalid tokens.' },
  400: { description: 'Not a webhook.' },
  403: { description: 'The address is not in webhook.allowFrom.' },
  404: { description: 'Missing or wrong secret.' },
  408: { description: 'The body did not arrive in time.' },
  411: { description: 'The length of the body is not declared.' },
  413: { description: 'The body is too large.' },
  415: { description: 'Another content type, or a compressed body.' },
  503: { description: 'Not stored. Meveto tries again after Retry-After.' },
} as const;

/** Describes a route for @nestjs/swagger. */
const Described = (description: string, ...parameters: readonly object[]): MethodDecorator =>
  applyDecorators(
    SetMetadata(OPENAPI_KEYS.operation, { summary: 'Receives webhooks from Meveto', description }),
    SetMetadata(OPENAPI_KEYS.parameters, [...parameters, BODY]),
    SetMetadata(OPENAPI_KEYS.consumes, ['application/json', 'application/x-www-form-urlencoded']),
    SetMetadata(OPENAPI_KEYS.responses, RESPONSES),
  );

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
    @Described('In use without the option webhook.secretPath.')
    receive(@Req() request: WebhookCarrier, @Res() response: WebhookResponse): Promise<void> {
      return this.webhook.serve(request, response, undefined);
    }

    @Post(':secret')
    @Described('In use with the option webhook.secretPath.', SECRET)
    receiveWithSecret(@Req() request: RoutedRequest, @Res() response: WebhookResponse): Promise<void> {
      return this.webhook.serve(request, response, request.params?.secret);
    }
  }

  return MevetoWebhookController;
}
