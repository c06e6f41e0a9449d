import { loggedEvents } from '../../spec-support/told-events.js';
import { describe, expect, it, jest } from '@jest/globals';
import type { HttpAdapterHost } from '@nestjs/core';
import { linesOf } from '../../spec-support/log-lines.js';
import type { ClientScriptName } from './client-script.js';
import { BrowserAnswers } from './browser-answers.js';
import type { SessionStates } from './session-states.js';

describe('BrowserAnswers', () => {
  const error = linesOf('error');

  it('answers with the remedy when the client was not built, and logs the remedy once', () => {
    const setHeader = jest.fn();
    const reply = jest.fn();
    const host = { httpAdapter: { setHeader, reply } } as unknown as HttpAdapterHost;
    const answers = new BrowserAnswers({} as SessionStates, host, loggedEvents());
    for (let i = 0; i < 2; i += 1) answers.sendScript('missing.js' as ClientScriptName, { headers: {} }, {});
    expect(reply.mock.calls).toEqual(
      Array(2).fill([{}, { statusCode: 500, message: expect.stringContaining('npm run build:client') }, 500]),
    );
    expect(setHeader).toHaveBeenCalledWith({}, 'Cache-Control', 'no-store');
    expect(error).toHaveBeenCalledTimes(1);
  });
});
