import { type CustomDecorator, SetMetadata } from '@nestjs/common';
import { SKIP_KEY } from '../core/index.js';

/** On a controller or handler: the guard does not check sessions there. For the login page, health checks and assets. */
export const SkipMevetoLogout = (): CustomDecorator => SetMetadata(SKIP_KEY, true);
