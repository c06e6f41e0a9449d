import { Body, Controller, Get, HttpCode, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { SkipMevetoLogout } from 'nestjs-meveto-logout';
import type { DemoConfig } from '../config/demo-config.js';
import { DEMO_CONFIG } from '../config/tokens.js';
import { wantsJson } from '../http/negotiation.js';
import { SameOriginGuard } from '../http/same-origin.guard.js';
import { sendPage } from '../http/send-page.js';
import { loginPage, type LoginPageParts } from '../pages/login-page.js';
import { destroySession } from '../sessions/session-data.js';
import { SESSION_COOKIE } from '../sessions/session-middleware.js';
import { defaultPassword } from '../users/password.js';
import { SEEDED_EMAILS } from '../users/seed-users.js';
import { UserDirectory } from '../users/user-directory.js';
import { readCredentials } from './credentials.js';
import { LoginSession } from './login-session.js';

/** Login by password, and the application's own logout. */
@Controller()
@SkipMevetoLogout()
export class LoginController {
  private readonly accounts: LoginPageParts['accounts'];

  constructor(
    @Inject(DEMO_CONFIG) config: DemoConfig,
    private readonly users: UserDirectory,
    private readonly loginSession: LoginSession,
  ) {
    const hints = config.meveto.kind === 'simulator' ? SEEDED_EMAILS : [];
    this.accounts = hints.map((email) => ({ email, password: defaultPassword(email) }));
  }

  @Get('login')
  showLogin(@Res() response: Response): void {
    sendPage(response, 200, loginPage({ accounts: this.accounts }));
  }

  @Post('login')
  @HttpCode(200)
  @UseGuards(SameOriginGuard)
  async logIn(@Body() body: unknown, @Req() request: Request, @Res() response: Response): Promise<void> {
    const credentials = readCredentials(body);
    if (credentials === undefined) {
      this.refuse(request, response, 400, 'Email and password are required.');
      return;
    }
    const user = await this.users.authenticate(credentials.email, credentials.password);
    if (user === undefined) {
      this.refuse(request, response, 401, 'Email or password is wrong.', credentials.email);
      return;
    }
    const signedInAt = await this.loginSession.begin(request, user);
    if (!wantsJson(request)) {
      response.redirect(303, '/profile');
      return;
    }
    const { id, name, email } = user;
    response.json({ user: { id, name, email }, signedInAt: new Date(signedInAt).toISOString() });
  }

  @Post('logout')
  @HttpCode(200)
  @UseGuards(SameOriginGuard)
  async logOut(@Req() request: Request, @Res() response: Response): Promise<void> {
    await destroySession(request);
    response.clearCookie(SESSION_COOKIE, { path: '/', httpOnly: true, sameSite: 'lax' });
    if (wantsJson(request)) response.json({ loggedOut: true });
    else response.redirect(303, '/login');
  }

  private refuse(request: Request, response: Response, status: number, problem: string, email = ''): void {
    if (wantsJson(request)) response.status(status).json({ statusCode: status, message: problem });
    else sendPage(response, status, loginPage({ problem, email, accounts: this.accounts }));
  }
}
