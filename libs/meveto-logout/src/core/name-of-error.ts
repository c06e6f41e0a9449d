const IDENTIFIER = /^[A-Za-z_$][\w$]{0,63}$/;

/** The name of an error, if it has the form of an identifier. Never its message, which may hold a secret. */
export function nameOfError(error: unknown): string {
  try {
    const name: unknown = (error as { name?: unknown } | null | undefined)?.name;
    if (typeof name === 'string' && IDENTIFIER.test(name)) return name;
  } catch {
    // A getter of the error threw.
  }
  return 'something without a usual name';
}
