import { type CustomDecorator, SetMetadata } from '@nestjs/common';

/** How a refused request is answered: sent to the login page, or told as JSON. */
export type LoggedOutAnswer = 'redirect' | 'json';

/** @internal */
export const ANSWER_KEY = 'meveto-logout:answer';

/**
 * On a controller or handler: how the guard answers there, whatever the request's headers say. Without it, a request
 * for a page is redirected and every other one is answered with JSON.
 */
export const AnswerLoggedOut = (answer: LoggedOutAnswer): CustomDecorator => SetMetadata(ANSWER_KEY, answer);
