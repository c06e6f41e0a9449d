import {
  Body,
  type CanActivate,
  Controller,
  Get,
  Header,
  HttpCode,
  HttpStatus,
  Inject,
  Post,
  Req,
  Res,
  type Type,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { PusherGrant, PusherSubscription } from '../../protocol/index.js';
import { HiddenFromOpenApi } from '../../core/index.js';
import { AnswerLoggedOut, MevetoLogoutGuard } from '../../guard/index.js';
import type { SessionRequest } from '../../sessions/index.js';
import { PusherAuthorizer } from './pusher-authorizer.js';

/**
 * The route that returns the channels of a browser and signs its subscription, for live sessions only. Not a public route:
 * guards of the application run before and may set `request.user`.
 */
export function createPusherController(
  path: string,
  guards: readonly (Type<CanActivate> | CanActivate)[],
): Type {
  @Controller({ path, version: VERSION_NEUTRAL })
  @AnswerLoggedOut('json')
  @HiddenFromOpenApi()
  @UseGuards(...guards, MevetoLogoutGuard)
  class MevetoPusherController {
    constructor(@Inject(PusherAuthorizer) private readonly authorizer: PusherAuthorizer) {}

    @Get()
    @Header('Cache-Control', 'no-store')
    channelsOf(
      @Req() request: SessionRequest,
      @Res({ passthrough: true }) response: object,
    ): Promise<PusherSubscription> {
      return this.authorizer.subscriptionOf(request, response);
    }

    @Post()
    @HttpCode(HttpStatus.OK)
    @Header('Cache-Control', 'no-store')
    authorize(
      @Req() request: SessionRequest,
      @Res({ passthrough: true }) response: object,
      @Body() body: unknown,
    ): Promise<PusherGrant> {
      return this.authorizer.authorize(request, response, body);
    }
  }

  return MevetoPusherController;
}
