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
import type { PusherGrant, PusherSubscription } from '../../client/protocol.js';
import { AnswerLoggedOut } from '../../guard/answer-logged-out.decorator.js';
import { MevetoLogoutGuard } from '../../guard/meveto-logout.guard.js';
import type { SessionRequest } from '../../session/session-reader.port.js';
import { PusherAuthorizer } from './pusher-authorizer.js';

/**
 * The route that tells a browser its channel and signs its subscription, for live sessions only. No public route: a guard
 * of the application's own stands before it too, and may put `request.user` there.
 */
export function createPusherController(
  path: string,
  guards: readonly (Type<CanActivate> | CanActivate)[],
): Type {
  @Controller({ path, version: VERSION_NEUTRAL })
  @AnswerLoggedOut('json')
  @UseGuards(...guards, MevetoLogoutGuard)
  class MevetoPusherController {
    constructor(@Inject(PusherAuthorizer) private readonly authorizer: PusherAuthorizer) {}

    @Get()
    @Header('Cache-Control', 'no-store')
    tell(
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
