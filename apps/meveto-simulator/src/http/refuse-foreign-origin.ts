import type { RequestHandler } from 'express';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** Refuses changes that a page of another site requests. Servers send no `Origin` and pass. */
export const refuseForeignOrigin: RequestHandler = (request, response, next) => {
  const { origin, host } = request.headers;
  if (SAFE_METHODS.includes(request.method) || origin === undefined || origin === `http://${host ?? ''}`) {
    next();
    return;
  }
  response
    .status(403)
    .json({ error: 'foreign_origin', error_description: 'The request comes from another site.' });
};
