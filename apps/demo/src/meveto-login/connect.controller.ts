import { Body, Controller, Get, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import { SkipMevetoLogout } from 'nestjs-meveto-logout';
import { readCredentials } from '../auth/credentials.js';
import { LoginSession } from '../auth/login-session.js';
import { wantsJson } from '../http/negotiation.js';
import { SameOriginGuard } from '../http/same-origin.guard.js';
import { sendPage } from '../http/send-page.js';
import { connectPage } from '../pages/connect-page.js';
import { messagePage } from '../pages/message-page.js';
import { UserDirectory } from '../users/user-directory.js';
import { AccountLinks } from './account-links.js';
import { connectionOf } from './pending-connection.js';

const PROBLEMS = {
  'no-credentials': { status: 400, text: 'Email and password are required.' },
  'wrong-credentials': { status: 401, text: 'Email or password is wrong.' },
  'linked-otherwise': {
    status: 409,
    text: 'This account is connected to another Meveto account. Tick the box below to replace that one.',
  },
  taken: { status: 409, text: 'Another account of this application is connected to this Meveto account.' },
} as const;

type Problem = keyof typeof PROBLEMS;

const NOTHING_PENDING = {
  title: 'Please start again',
  text: 'There is no Meveto account to connect in this browser, or it took too long. Log in with Meveto again.',
};

/**
 * Connects a Meveto ID to an account: a user that only Meveto knows logs in to an account of this application,
 * once.
 */
@Controller('meveto/connect')
@SkipMevetoLogout()
export class ConnectController {
  constructor(
    private readonly users: UserDirectory,
    private readonly links: AccountLinks,
    private readonly loginSession: LoginSession,
  ) {}

  @Get()
  show(@Req() request: Request, @Res() response: Response): void {
    if (connectionOf(request) === undefined) tellNothingPending(request, response);
    else sendPage(response, 200, connectPage());
  }

  @Post()
  @HttpCode(200)
  @UseGuards(SameOriginGuard)
  async connect(@Body() body: unknown, @Req() request: Request, @Res() response: Response): Promise<void> {
    const pending = connectionOf(request);
    if (pending === undefined) {
      tellNothingPending(request, response);
      return;
    }
    const credentials = readCredentials(body);
    const email = credentials?.email;
    if (credentials === undefined) {
      refuse('no-credentials', request, response, email);
      return;
    }
    const user = await this.users.authenticate(credentials.email, credentials.password);
    if (user === undefined) {
      refuse('wrong-credentials', request, response, email);
      return;
    }
    const { mevetoId, authenticatedAt } = pending;
    const outcome = await this.links.link(user, mevetoId, isTicked(body));
    if (outcome !== 'linked') {
      refuse(outcome, request, response, email);
      return;
    }
    // The new session does not contain the pending connection, which may be used once.
    await this.loginSession.begin(request, user, { mevetoId, authenticatedAt });
    if (wantsJson(request)) response.json({ connected: true });
    else response.redirect(303, '/profile');
  }
}

const isTicked = (body: unknown): boolean =>
  typeof body === 'object' &&
  body !== null &&
  'replace' in body &&
  (body.replace === 'yes' || body.replace === true);

function refuse(problem: Problem, request: Request, response: Response, email = ''): void {
  const { status, text } = PROBLEMS[problem];
  if (wantsJson(request))
    response.status(status).json({ statusCode: status, reason: problem, message: text });
  else {
    const canReplace = problem === 'linked-otherwise';
    sendPage(response, status, connectPage({ problem: text, email, canReplace }));
  }
}

function tellNothingPending(request: Request, response: Response): void {
  if (wantsJson(request)) {
    response
      .status(400)
      .json({ statusCode: 400, reason: 'nothing-to-connect', message: NOTHING_PENDING.text });
  } else {
    sendPage(response, 400, messagePage(NOTHING_PENDING));
  }
}
