import express, { type RequestHandler, type Router } from 'express';

/** Runs a middleware for all requests but the GETs of these paths, which so need nothing of what it needs. */
export function exceptFor(paths: string[], middleware: RequestHandler): Router {
  const router = express.Router();
  router.get(paths, (_request, _response, next) => {
    next('router');
  });
  router.use(middleware);
  return router;
}
