import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import type { ClientScriptName } from './client-script.js';
import { BrowserAnswers } from './browser-answers.js';
import type { SessionStates } from './session-states.js';

describe('the answers for browsers', () => {
  const error = jest.fn();
  beforeEach(() => {
    error.mockClear();
    Logger.overrideLogger({ log: error, error, warn: error });
  });
  afterEach(() => {
    Logger.overrideLogger(['error']);
  });

  it('say what to do where the client was not built, and log it once', () => {
    const setHeader = jest.fn();
    const reply = jest.fn();
    const host = { httpAdapter: { setHeader, reply } } as unknown as HttpAdapterHost;
    const answers = new BrowserAnswers({} as SessionStates, host);
    for (let i = 0; i < 2; i += 1) answers.sendScript('missing.js' as ClientScriptName, { headers: {} }, {});
    expect(reply.mock.calls).toEqual(
      Array(2).fill([{}, { statusCode: 500, message: expect.stringContaining('npm run build:client') }, 500]),
    );
    expect(setHeader).toHaveBeenCalledWith({}, 'Cache-Control', 'no-store');
    expect(error).toHaveBeenCalledTimes(1);
  });
});
