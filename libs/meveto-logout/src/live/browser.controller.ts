import {
  applyDecorators,
  Controller,
  Get,
  Inject,
  Req,
  Res,
  SetMetadata,
  type Type,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { HiddenFromOpenApi } from '../core/index.js';
import { SkipMevetoLogout } from '../guard/index.js';
import type { SessionRequest } from '../sessions/index.js';
import { BrowserAnswers } from './browser-answers.js';

/** The routes for browsers: the client as a script and as a module, and the session check. */
export function createBrowserController(path: string, publicMetadataKeys: readonly string[]): Type {
  const PublicRoute = (): ClassDecorator =>
    applyDecorators(...publicMetadataKeys.map((key) => SetMetadata(key, true)));

  @Controller({ path, version: VERSION_NEUTRAL })
  @SkipMevetoLogout()
  @PublicRoute()
  @HiddenFromOpenApi()
  class MevetoBrowserController {
    constructor(@Inject(BrowserAnswers) private readonly answers: BrowserAnswers) {}

    @Get('client.js')
    sendScript(@Req() request: SessionRequest, @Res() response: object): unknown {
      return this.answers.sendScript('meveto-logout.min.js', request, response);
    }

    @Get('client.mjs')
    sendModule(@Req() request: SessionRequest, @Res() response: object): unknown {
      return this.answers.sendScript('meveto-logout.min.mjs', request, response);
    }

    @Get('session')
    sendState(@Req() request: SessionRequest, @Res() response: object): Promise<void> {
      return this.answers.sendState(request, response);
    }
  }

  return MevetoBrowserController;
}
