import type { RequestHandler, Response } from 'express';
import type { AnswerFault, Endpoint, RefusingFault, SpoilingFault } from './fault.js';
import type { Faults } from './faults.js';

const HUGE_BYTES = 2 * 2 ** 20;

/** Applies the planned faults of an endpoint of the API. Register it before the endpoint's routes, which answer by `json()`. */
export function spoilAnswers(faults: Faults, endpoint: Exclude<Endpoint, 'webhook'>): RequestHandler {
  return (_request, response, next) => {
    const fault = faults.strike(endpoint);
    if (fault === undefined) next();
    else if (isRefusing(fault)) refuse(response, fault);
    else {
      const answer = response.json.bind(response);
      response.json = (body: object) => {
        spoil(response, fault, body, answer);
        return response;
      };
      next();
    }
  };
}

function isRefusing(fault: AnswerFault): fault is RefusingFault {
  return fault.kind === 'status' || fault.kind === 'error-body' || fault.kind === 'cut';
}

function refuse(response: Response, fault: RefusingFault): void {
  switch (fault.kind) {
    case 'cut':
      response.socket?.destroy();
      return;
    case 'status':
      if (fault.retryAfterSeconds !== undefined) response.set('Retry-After', String(fault.retryAfterSeconds));
      response.status(fault.status).json({ message: 'Planned fault' });
      return;
    case 'error-body':
      response.json({ error: 'server_error', error_description: 'Planned fault' });
  }
}

function spoil(response: Response, fault: SpoilingFault, body: object, answer: Response['json']): void {
  switch (fault.kind) {
    case 'late': {
      const timer = setTimeout(() => answer(body), fault.delayMs);
      response.once('close', () => {
        clearTimeout(timer);
      });
      return;
    }
    case 'lost-answer':
      response.socket?.destroy();
      return;
    case 'not-json':
      response.type('html').end('<!doctype html><title>Something else</title><h1>Something else</h1>');
      return;
    case 'cut-off-json': {
      const text = JSON.stringify(body);
      response.type('json').end(text.slice(0, text.length / 2));
      return;
    }
    case 'huge':
      answer({ ...body, padding: 'x'.repeat(HUGE_BYTES) });
      return;
    case 'wrong-shape':
      answer({ ...body, payload: { user: [], webhooks: { id: 1 }, next: 7 } });
  }
}
