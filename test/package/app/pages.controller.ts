import { Controller, Get, HttpCode, Inject, NotFoundException, Post, Req } from '@nestjs/common';
import { MevetoLogoutService, SkipMevetoLogout } from 'nestjs-meveto-logout';

interface WithSession {
  readonly session: { userId?: string; signedInAt?: number };
}

@Controller()
export class PagesController {
  constructor(@Inject(MevetoLogoutService) private readonly mevetoLogout: MevetoLogoutService) {}

  @Post('login')
  @HttpCode(200)
  @SkipMevetoLogout()
  async logIn(@Req() request: WithSession): Promise<object> {
    const { signedInAt } = await this.mevetoLogout.recordLogin('1');
    Object.assign(request.session, { userId: '1', signedInAt });
    return {};
  }

  @Get('page')
  page(@Req() { session }: WithSession): object {
    if (session.userId === undefined) throw new NotFoundException();
    return { user: session.userId };
  }
}
