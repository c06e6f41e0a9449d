import {
  applyDecorators,
  Controller,
  HttpCode,
  HttpStatus,
  Inject,
  Post,
  Req,
  Res,
  SetMetadata,
  type Type,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { SkipMevetoLogout } from '../guard/skip-meveto-logout.decorator.js';
import { type WebhookHttpRequest, WebhookReceiver } from './webhook-receiver.js';

/**
 * The controller of the webhook's path. It takes the whole request, so that no pipe of the application's sees the body.
 */
export function createWebhookController(path: string, publicMetadataKeys: readonly string[]): Type {
  const PublicRoute = (): ClassDecorator =>
    applyDecorators(...publicMetadataKeys.map((key) => SetMetadata(key, true)));

  @Controller({ path, version: VERSION_NEUTRAL })
  @SkipMevetoLogout()
  @PublicRoute()
  class MevetoWebhookController {
    constructor(@Inject(WebhookReceiver) private readonly receiver: WebhookReceiver) {}

    @Post()
    @HttpCode(HttpStatus.ACCEPTED)
    receive(@Req() request: WebhookHttpRequest, @Res({ passthrough: true }) response: object) {
      return this.receiver.receive(undefined, request, response);
    }

    @Post(':segment')
    @HttpCode(HttpStatus.ACCEPTED)
    receiveOnSecretPath(
      @Req() request: WebhookHttpRequest & { params: { segment: string } },
      @Res({ passthrough: true }) response: object,
    ) {
      return this.receiver.receive(request.params.segment, request, response);
    }
  }

  return MevetoWebhookController;
}
