import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AnswerLoggedOut } from 'nestjs-meveto-logout';
import { Callers } from '../auth/callers.js';
import { sendPage } from '../http/send-page.js';
import { homePage } from '../pages/home-page.js';
import { profilePage } from '../pages/profile-page.js';
import { MevetoOrigins } from '../simulator/meveto-origins.js';

/** The user's profile, as a page and as JSON. */
@Controller()
export class ProfileController {
  constructor(
    private readonly callers: Callers,
    private readonly meveto: MevetoOrigins,
  ) {}

  @Get()
  @AnswerLoggedOut('redirect')
  showHome(@Req() request: Request, @Res() response: Response): void {
    sendPage(response, 200, homePage(request.session.userId !== undefined));
  }

  @Get('profile')
  @AnswerLoggedOut('redirect')
  async showProfile(@Req() request: Request, @Res() response: Response): Promise<void> {
    const caller = await this.callers.ofSession(request);
    if (caller === undefined) {
      response.set('Cache-Control', 'no-store').redirect(303, '/login');
      return;
    }
    const { user, signedInAt } = caller;
    const { name, email, mevetoId } = user;
    const { dashboardUrl } = this.meveto;
    sendPage(
      response,
      200,
      profilePage({ name, email, signedInAt, linkedToMeveto: mevetoId !== null, dashboardUrl }),
    );
  }

  @Get('api/profile')
  @AnswerLoggedOut('json')
  async tellProfile(@Req() request: Request, @Res() response: Response): Promise<void> {
    const { user, signedInAt } = await this.callers.demand(request, response);
    const { id, name, email } = user;
    response.json({ id, name, email, signedInAt: new Date(signedInAt).toISOString() });
  }
}
