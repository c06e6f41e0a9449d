/** A lease that one replica holds at a time, kept in the store. */
export abstract class Lease {
  /**
   * Takes or renews the lease `name` for `durationMs`, whole milliseconds. Resolves true when `holder` has it now.
   * @throws {StoreUnavailableError} when the store does not answer.
   */
  abstract take(name: string, holder: string, durationMs: number): Promise<boolean>;
}
