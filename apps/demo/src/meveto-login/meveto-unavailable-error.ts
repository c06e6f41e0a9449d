/** Meveto did not answer a login request in time, or answered as not documented. Try again later. */
export class MevetoUnavailableError extends Error {
  readonly code = 'ERR_DEMO_MEVETO_UNAVAILABLE';

  constructor(options?: ErrorOptions) {
    super(
      'Meveto does not answer as expected. Try again in a moment, or log in with your password.',
      options,
    );
    this.name = 'MevetoUnavailableError';
  }
}
