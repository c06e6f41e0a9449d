import { jest } from '@jest/globals';
import { SessionReader, type SessionRequest } from '../src/sessions/session-reader.port.js';

type Facts = { userId: number; signedInAt: number } | undefined;
/** The part of a request that the session checks and these readers see. */
export interface FakeRequest {
  method: string;
  originalUrl?: string;
  url?: string;
  headers: Record<string, string>;
  cookie?: Facts;
  token?: Facts;
  user?: Facts;
}

/** Reads a session that it can end and renew. */
export class CookieReader extends SessionReader {
  readonly isAsync = { value: false };
  override read(request: SessionRequest) {
    const { cookie } = request as unknown as FakeRequest;
    return this.isAsync.value ? Promise.resolve(cookie) : cookie;
  }
  override readonly end = jest.fn<(request: SessionRequest) => void | Promise<void>>();
  override readonly renew = jest.fn((request: SessionRequest): void | Promise<void> => {
    (request as unknown as FakeRequest).cookie = undefined;
  });
}
/** Like requestUser(): ends whatever session the request has. */
export class LateReader extends SessionReader {
  override readonly isLate = true;
  override read(request: SessionRequest) {
    return (request as unknown as FakeRequest).user;
  }
  override readonly end = jest.fn<(request: SessionRequest) => void>();
  override readonly renew = jest.fn<(request: SessionRequest) => void>();
}
/** Reads a token, which it cannot end. */
export class TokenReader extends SessionReader {
  override read(request: SessionRequest) {
    return (request as unknown as FakeRequest).token;
  }
}
