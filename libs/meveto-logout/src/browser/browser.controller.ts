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
import { SkipMevetoLogout } from '../guard/skip-meveto-logout.decorator.js';
import type { SessionRequest } from '../session/session-reader.port.js';
import { BrowserAnswers } from './browser-answers.js';

/** The routes for browsers: the client, as a script and as a module, and what it asks of its session. */
export function createBrowserController(path: string, publicMetadataKeys: readonly string[]): Type {
  const PublicRoute = (): ClassDecorator =>
    applyDecorators(...publicMetadataKeys.map((key) => SetMetadata(key, true)));

  @Controller({ path, version: VERSION_NEUTRAL })
  @SkipMevetoLogout()
  @PublicRoute()
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
    tellState(@Req() request: SessionRequest, @Res() response: object): Promise<void> {
      return this.answers.tellState(request, response);
    }
  }

  return MevetoBrowserController;
}
