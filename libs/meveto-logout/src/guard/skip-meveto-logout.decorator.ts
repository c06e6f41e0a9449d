import { type CustomDecorator, SetMetadata } from '@nestjs/common';

/** @internal */
export const SKIP_KEY = 'meveto-logout:skip';

/** On a controller or handler: the guard does nothing there. For the login page, health checks and assets. */
export const SkipMevetoLogout = (): CustomDecorator => SetMetadata(SKIP_KEY, true);
