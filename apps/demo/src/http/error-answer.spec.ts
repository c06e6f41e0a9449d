import { describe, expect, it } from '@jest/globals';
import { ForbiddenException, NotFoundException, UnauthorizedException } from '@nestjs/common';
import { LoginOutdatedError, StoreUnavailableError } from 'nestjs-meveto-logout';
import { MevetoUnavailableError } from '../meveto-login/meveto-unavailable-error.js';
import { errorAnswer } from './error-answer.js';

describe('errorAnswer', () => {
  it.each([new StoreUnavailableError('x'), new Error('Query read timeout')])(
    'sets Retry-After for %s',
    (error) => {
      expect(errorAnswer(error)).toMatchObject({ status: 503, retryAfterSeconds: 2, log: 'outage' });
    },
  );

  it('keeps the body of an expected refusal', () => {
    const body = { statusCode: 401, reason: 'expired', message: 'Please log in again.' };
    expect(errorAnswer(new UnauthorizedException(body))).toMatchObject({ status: 401, body });
    expect(errorAnswer(new ForbiddenException('No.'))).toMatchObject({ status: 403, page: { text: 'No.' } });
  });

  it('replaces Nest’s text for an unknown page, and keeps other texts of 404', () => {
    expect(errorAnswer(new NotFoundException('Cannot GET /nothing'))).toMatchObject({
      body: { message: 'Cannot GET /nothing' },
      page: { title: 'Nothing here', text: 'There is no page at this address.' },
    });
    expect(errorAnswer(new NotFoundException('No such device.')).page.text).toBe('No such device.');
  });

  it('asks for another login after a logout during the login', () => {
    expect(errorAnswer(new LoginOutdatedError(1, 2))).toMatchObject({ status: 409 });
  });

  it('reports that Meveto does not answer', () => {
    expect(errorAnswer(new MevetoUnavailableError())).toMatchObject({ status: 502 });
  });

  it('shows nothing of an unexpected error', () => {
    const answer = errorAnswer(new TypeError('secret detail'));
    expect(answer).toMatchObject({ status: 500, log: 'unexpected' });
    expect(JSON.stringify(answer)).not.toContain('secret detail');
  });
});
