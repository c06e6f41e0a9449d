import { type CustomDecorator, SetMetadata } from '@nestjs/common';

/** @internal */
export const END_KEY = 'meveto-logout:end-with-session';

/**
 * On a controller or handler with long HTTP responses: event streams and long polls that it writes itself, or downloads.
 * The guard closes the response when the session is over: at once after a logout, within five seconds when the session
 * is too old. `@Sse()` handlers do not need this decorator.
 */
export const EndWithSession = (): CustomDecorator => SetMetadata(END_KEY, true);
