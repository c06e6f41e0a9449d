import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Header,
  HttpCode,
  Injectable,
  Param,
  Post,
  Req,
  UnauthorizedException,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { SkipMevetoLogout } from 'nestjs-meveto-logout';
import { DataSource } from 'typeorm';
import { User } from '../user.js';

/** The part of a session that express-session and @fastify/session have in common. */
interface WithSession {
  readonly session: { userId?: number; signedInAt?: number };
}

/** A page that names the user of the session, and a login without a password. */
@Controller()
export class PageController {
  @Get('page')
  @Header('content-type', 'text/html; charset=utf-8')
  page(@Req() { session }: WithSession): string {
    if (session.userId === undefined) throw new UnauthorizedException();
    return pageOf(String(session.userId));
  }

  @Post('login/:id')
  @HttpCode(204)
  @SkipMevetoLogout()
  login(@Param('id') id: string, @Req() { session }: WithSession): void {
    session.userId = Number(id);
    session.signedInAt = Date.now();
  }
}

export const pageOf = (userId: string): string =>
  `<!doctype html><title>Profile</title><p>You are user ${userId}. ${'This is your profile. '.repeat(20)}</p>`;

/** What applications do without this package: read the user's last logout on each request. */
@Injectable()
export class FindOneGuard implements CanActivate {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { session } = context.switchToHttp().getRequest<WithSession>();
    if (session.userId === undefined) return true;
    const user = await this.dataSource.getRepository(User).findOne({ where: { id: session.userId } });
    if (user !== null && (user.lastLoggedOut ?? -1) < (session.signedInAt ?? 0)) return true;
    throw new UnauthorizedException();
  }
}

/** Logs these users in, and returns the cookie of each one's session. */
export async function logIn(port: number, userIds: readonly number[]): Promise<readonly string[]> {
  const cookies: string[] = [];
  for (const id of userIds) {
    const url = `http://127.0.0.1:${String(port)}/login/${String(id)}`;
    const response = await fetch(url, { method: 'POST' });
    const cookie = response.headers.getSetCookie()[0]?.split(';', 1)[0];
    if (!response.ok || cookie === undefined) throw new Error(`Login: ${String(response.status)}`);
    cookies.push(cookie);
  }
  return cookies;
}
