import type { Request } from 'express';

/** Routes for programs: they answer JSON whatever `Accept` says. */
const MACHINE_ROUTES = /^\/(api\/|health$|metrics$|meveto\/webhook)/;

/** Whether the answer is JSON; otherwise a page or a redirect. */
export const wantsJson = (request: Request): boolean =>
  MACHINE_ROUTES.test(request.path) || request.accepts(['html', 'json']) === 'json';
