import { type CustomDecorator, SetMetadata } from '@nestjs/common';

/** @internal */
export const END_KEY = 'meveto-logout:end-with-session';

/**
 * On a controller or handler whose HTTP answers go on for long: event streams and long polls that it writes itself, downloads.
 * The answer is cut off once its session is over: by a logout at once, by its age within five seconds. `@Sse()` needs no mark.
 */
export const EndWithSession = (): CustomDecorator => SetMetadata(END_KEY, true);
