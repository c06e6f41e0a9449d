import type { SessionRequest } from './session-reader.port.js';

/** A middleware such as that of express-session. A structural type, so that Express is optional. */
export type SessionMiddleware = (request: never, response: never, next: (error?: unknown) => void) => void;

/**
 * Runs a middleware on the request of a WebSocket handshake, where the application's middlewares do not run.
 * @throws the error that the middleware passes to `next`.
 */
export function runMiddleware(middleware: SessionMiddleware, request: SessionRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    const run = middleware as (
      request: SessionRequest,
      response: object,
      next: (error?: unknown) => void,
    ) => void;
    run(request, {}, (error) => {
      if (error === undefined || error === null) resolve();
      else reject(error instanceof Error ? error : new Error('The session cannot be read.'));
    });
  });
}
