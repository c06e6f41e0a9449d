import type { Request } from 'express';

/** Routes that programs call: they answer JSON whatever `Accept` says. */
const MACHINE_ROUTES = /^\/(api\/|health$|metrics$|meveto\/webhook)/;

/** Whether the answer is to be JSON; otherwise it is a page or a redirect. */
export const wantsJson = (request: Request): boolean =>
  MACHINE_ROUTES.test(request.path) || request.accepts(['html', 'json']) === 'json';
