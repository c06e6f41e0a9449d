import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { SkipMevetoLogout } from 'nestjs-meveto-logout';
import { LoginSession } from '../auth/login-session.js';
import type { DemoConfig } from '../config/demo-config.js';
import { DEMO_CONFIG } from '../config/tokens.js';
import { wantsJson } from '../http/negotiation.js';
import { sendPage } from '../http/send-page.js';
import { messagePage } from '../pages/message-page.js';
import { beginAttempt, isOwnAttempt } from './login-state.js';
import { MevetoLogin, type MevetoLoginOutcome } from './meveto-login.js';
import { MevetoOAuth } from './meveto-oauth.js';
import { keepConnection } from './pending-connection.js';
import { redirectUri } from './redirect-uri.js';

/** Parameters that Meveto adds to the application's login URL and expects back. */
const PASSED_ON = ['client_token', 'sharing_token'] as const;
const MAX_PARAMETER_LENGTH = 2_048;

type Problem =
  Exclude<MevetoLoginOutcome['kind'], 'person' | 'not-linked'> | 'no-address' | 'foreign-attempt';

const PROBLEMS: Readonly<Record<Problem, { status: number; title: string; text: string }>> = {
  'no-address': {
    status: 500,
    title: 'No public address',
    text: 'The login with Meveto does not know under which address this application is reached. Set PUBLIC_URL to its origin and start it again.',
  },
  'foreign-attempt': {
    status: 400,
    title: 'Please start again',
    text: 'This login was not started in this browser, has been used already, or took too long.',
  },
  refused: {
    status: 400,
    title: 'Please start again',
    text: 'Meveto did not confirm this login. Perhaps it took too long.',
  },
  declined: {
    status: 403,
    title: 'Not logged in',
    text: 'The login was declined at Meveto.',
  },
};

/** Login with Meveto: OAuth 2.0, code flow. */
@Controller('meveto')
@SkipMevetoLogout()
export class MevetoLoginController {
  constructor(
    @Inject(DEMO_CONFIG) private readonly config: DemoConfig,
    private readonly oauth: MevetoOAuth,
    private readonly login: MevetoLogin,
    private readonly loginSession: LoginSession,
  ) {}

  @Get('login')
  async start(@Req() request: Request, @Res() response: Response): Promise<void> {
    const address = redirectUri(this.config.publicUrl, request.headers.host);
    if (address === undefined) {
      showProblem('no-address', request, response);
      return;
    }
    const state = await beginAttempt(request);
    response
      .set('Cache-Control', 'no-store')
      .redirect(303, this.oauth.authorizeUrl(address, state, passedOn(request)));
  }

  @Get('redirect')
  async finish(
    @Query('state') state: unknown,
    @Query('code') code: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const address = redirectUri(this.config.publicUrl, request.headers.host);
    if (address === undefined || !(await isOwnAttempt(request, state))) {
      showProblem(address === undefined ? 'no-address' : 'foreign-attempt', request, response);
      return;
    }
    const outcome = isParameter(code)
      ? await this.login.complete(code, address)
      : { kind: 'declined' as const };
    await this.goOn(outcome, request, response);
  }

  private async goOn(outcome: MevetoLoginOutcome, request: Request, response: Response): Promise<void> {
    switch (outcome.kind) {
      case 'person':
        await this.loginSession.begin(request, outcome.user, outcome.proven);
        response.redirect(303, '/profile');
        return;
      case 'not-linked':
        await keepConnection(request, outcome.proven);
        response.redirect(303, '/meveto/connect');
        return;
      case 'refused':
      case 'declined':
        showProblem(outcome.kind, request, response);
    }
  }
}

const isParameter = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAX_PARAMETER_LENGTH;

function passedOn({ query }: Request): Record<string, string> {
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = query[name];
      return isParameter(value) ? [[name, value]] : [];
    }),
  );
}

function showProblem(problem: Problem, request: Request, response: Response): void {
  const { status, title, text } = PROBLEMS[problem];
  if (wantsJson(request))
    response.status(status).json({ statusCode: status, reason: problem, message: text });
  else sendPage(response, status, messagePage({ title, text }));
}
