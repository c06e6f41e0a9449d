import { type CustomDecorator, SetMetadata } from '@nestjs/common';

/** How the guard answers a refused request: with a redirect to the login page, or with JSON. */
export type LoggedOutAnswer = 'redirect' | 'json';

/** @internal */
export const ANSWER_KEY = 'meveto-logout:answer';

/**
 * On a controller or handler: sets how the guard answers a refused request there, regardless of the request's headers.
 * Without the decorator, the guard redirects requests for a page and answers all others with JSON.
 */
export const AnswerLoggedOut = (answer: LoggedOutAnswer): CustomDecorator => SetMetadata(ANSWER_KEY, answer);
