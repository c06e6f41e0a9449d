import {
  BadRequestException,
  Body,
  Controller,
  Header,
  Headers,
  HttpCode,
  Post,
  UnauthorizedException,
} from '@nestjs/common';
import { SkipMevetoLogout } from 'nestjs-meveto-logout';
import { AccessTokens } from '../tokens/access-tokens.js';
import { UserDirectory } from '../users/user-directory.js';
import { describeClient } from './client-description.js';
import { readCredentials } from './credentials.js';

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1 */
interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
}

/** Login for programs: an access token instead of a cookie. */
@Controller('api/tokens')
@SkipMevetoLogout()
export class TokensController {
  constructor(
    private readonly users: UserDirectory,
    private readonly tokens: AccessTokens,
  ) {}

  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async issue(@Body() body: unknown, @Headers('user-agent') userAgent?: string): Promise<TokenResponse> {
    const credentials = readCredentials(body);
    if (credentials === undefined) throw new BadRequestException('Email and password are required.');
    const user = await this.users.authenticate(credentials.email, credentials.password);
    if (user === undefined) throw new UnauthorizedException('Email or password is wrong.');
    const { token, expiresInSeconds } = await this.tokens.issue(user, describeClient(userAgent));
    return { access_token: token, token_type: 'Bearer', expires_in: expiresInSeconds };
  }
}
