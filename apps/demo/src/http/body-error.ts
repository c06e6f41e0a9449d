import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler } from 'express';

/** Answers errors of the body parsers with their status but without their messages, which quote the body. */
export const bodyError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  const status = statusOf(error);
  if (status === undefined || response.headersSent) {
    next(error);
    return;
  }
  response
    .status(status)
    .json({ statusCode: status, message: `The body was refused: ${STATUS_CODES[status] ?? 'error'}.` });
};

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('type' in error) || !('status' in error)) return undefined;
  const { status } = error;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
