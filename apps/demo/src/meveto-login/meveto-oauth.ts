import { HttpService } from '@nestjs/axios';
import { Inject, Injectable } from '@nestjs/common';
import type { AxiosRequestConfig } from 'axios';
import { firstValueFrom } from 'rxjs';
import type { DemoConfig } from '../config/demo-config.js';
import { isLoopbackHost } from '../config/loopback.js';
import { DEMO_CONFIG } from '../config/tokens.js';
import { MevetoOrigins } from '../simulator/meveto-origins.js';
import { type MevetoAnswer, readMevetoAnswer } from './meveto-answer.js';
import { MevetoUnavailableError } from './meveto-unavailable-error.js';

const DEADLINE_MS = 5_000;
const MAX_ANSWER_BYTES = 64 * 1024;

interface MevetoRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly data?: URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Client of Meveto's login endpoints. @see docs/protocol.md#login-with-meveto */
@Injectable()
export class MevetoOAuth {
  constructor(
    @Inject(DEMO_CONFIG) private readonly config: DemoConfig,
    private readonly meveto: MevetoOrigins,
    private readonly http: HttpService,
  ) {}

  /** @param passedOn parameters of the application's login URL that Meveto expects back */
  authorizeUrl(redirectUri: string, state: string, passedOn: Readonly<Record<string, string>>): string {
    const url = new URL('/oauth-client', this.meveto.dashboardUrl);
    url.search = new URLSearchParams({
      client_id: this.config.client.clientId,
      scope: 'default-client-access',
      response_type: 'code',
      redirect_uri: redirectUri,
      state,
      ...passedOn,
    }).toString();
    return url.href;
  }

  /**
   * Exchanges the code that the browser returned.
   * @throws {MevetoUnavailableError} for an undocumented answer
   */
  async redeemCode(code: string, redirectUri: string): Promise<MevetoAnswer> {
    const { clientId, clientSecret } = this.config.client;
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uri: redirectUri,
      code,
    });
    return this.ask({ method: 'POST', url: '/oauth/token', data: form }, ({ access_token }) => access_token);
  }

  /**
   * Asks for the user of an access token.
   * @throws {MevetoUnavailableError} for an undocumented answer
   */
  async mevetoIdOf(accessToken: string): Promise<MevetoAnswer> {
    const request: MevetoRequest = {
      method: 'GET',
      url: '/api/client/user',
      params: { client_id: this.config.client.clientId },
      headers: { Authorization: `Bearer ${accessToken}` },
    };
    return this.ask(request, ({ payload }) =>
      typeof payload === 'object' && payload !== null && 'user' in payload ? payload.user : undefined,
    );
  }

  private async ask(
    request: MevetoRequest,
    pick: (body: Readonly<Record<string, unknown>>) => unknown,
  ): Promise<MevetoAnswer> {
    try {
      const response = await firstValueFrom(
        this.http.request<string>({
          ...request,
          baseURL: this.meveto.apiUrl,
          headers: { Accept: 'application/json', ...request.headers },
          signal: AbortSignal.timeout(DEADLINE_MS),
          maxRedirects: 0,
          ...directly(this.meveto.apiUrl),
          maxContentLength: MAX_ANSWER_BYTES,
          responseType: 'text',
          transformResponse: (text: string) => text,
          validateStatus: () => true,
        }),
      );
      return readMevetoAnswer(response.status, response.data, pick);
    } catch (error) {
      // Drop the cause: axios stores the whole request in it, with the secret and the code.
      throw error instanceof MevetoUnavailableError ? error : new MevetoUnavailableError();
    }
  }
}

/** A proxy of the environment serves the internet, not a simulator on this machine. */
const directly = (url: string): Pick<AxiosRequestConfig, 'proxy'> =>
  isLoopbackHost(new URL(url).hostname) ? { proxy: false } : {};
