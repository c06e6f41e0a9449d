import { SetMetadata } from '@nestjs/common';

/** Metadata key that `@SkipMevetoLogout()` sets: the guard skips handlers with the value true. */
export const SKIP_KEY = 'meveto-logout:skip';

/** Metadata keys of @nestjs/swagger. They are texts, so that this package does not need the library. */
export const OPENAPI_KEYS = {
  operation: 'swagger/apiOperation',
  parameters: 'swagger/apiParameters',
  consumes: 'swagger/apiConsumes',
  responses: 'swagger/apiResponse',
  excludeController: 'swagger/apiExcludeController',
} as const;

/** On a controller: an OpenAPI document of @nestjs/swagger does not show its routes. */
export const HiddenFromOpenApi = (): ClassDecorator => SetMetadata(OPENAPI_KEYS.excludeController, [true]);
