/** Metadata key that `@SkipMevetoLogout()` sets: the guard skips handlers with the value true. */
export const SKIP_KEY = 'meveto-logout:skip';
