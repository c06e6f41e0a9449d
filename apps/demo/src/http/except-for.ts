import express, { type RequestHandler, type Router } from 'express';

/** Runs a middleware for all requests except GETs of these paths, which so do not need the middleware's resources. */
export function exceptFor(paths: string[], middleware: RequestHandler): Router {
  const router = express.Router();
  router.get(paths, (_request, _response, next) => {
    next('router');
  });
  router.use(middleware);
  return router;
}
