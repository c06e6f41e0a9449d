import { Controller, Get, Param, Req, UnauthorizedException } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { type MevetoLogoutService, SessionReader, type SessionRequest } from 'nestjs-meveto-logout';

export const jwtService = new JwtService({ secret: 'the-application-signs-tokens-with-this' });

/** A token as an application creates it at a login. */
export async function tokenOf(logout: MevetoLogoutService, userId: number): Promise<string> {
  const { claims } = await logout.recordLogin(userId);
  return jwtService.sign({ sub: String(userId), ...claims });
}

/** Ways in which applications parse an Authorization header. */
const PARSERS: Readonly<Record<string, (header: string) => string | undefined>> = {
  split: (header) => header.split(' ')[1],
  last: (header) => header.split(/\s/).pop(),
  slice: (header) => header.slice(7).trim(),
  replace: (header) => header.replace('Bearer ', ''),
  unnamed: (header) => header.replace('Bearer', '').trim(),
  after: (header) => header.split('Bearer ')[1],
  match: (header) => /Bearer\s*([^\s,]+)/i.exec(header)?.[1],
  colon: (header) => header.split(':')[1]?.trim(),
  all: (header) => header.replace(/bearer\s*/gi, ''),
  cut4: (header) => header.slice(4),
  second: (header) => /^(\S+)\s+(\S+)/.exec(header)?.[2],
  semicolon: (header) => header.split(';')[1],
  quoted: (header) => /"(.*)"/.exec(header)?.[1],
};

/** Accepts users that its own parser finds, like a guard of an application. */
@Controller()
export class TokenPages {
  @Get('api/:parser')
  whoAmI(@Req() request: { headers: { authorization?: string } }, @Param('parser') parser: string): string {
    const token = PARSERS[parser]?.(request.headers.authorization ?? '');
    try {
      return jwtService.verify<{ sub: string }>(token ?? '').sub;
    } catch {
      throw new UnauthorizedException();
    }
  }

  @Get('public')
  open(): string {
    return 'open';
  }

  @Get('login')
  login(): string {
    return 'login';
  }
}

/** Reads the header like the application's own code: only a verified token is a session. */
export function claimsOf({
  headers,
}: SessionRequest): { id: string; userId: string; signedInAt: number } | undefined {
  try {
    const token = (headers.authorization ?? '').replace('Bearer ', '');
    const { sub, signed_in_at } = jwtService.verify<{ sub: string; signed_in_at: number }>(token);
    return { id: sub, userId: sub, signedInAt: signed_in_at };
  } catch {
    return undefined;
  }
}

/** A session reader of an application, which does not handle handshakes. */
export class HeaderReader extends SessionReader {
  override read = claimsOf;
}
