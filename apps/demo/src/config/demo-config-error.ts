/** The environment is not valid. The message lists every fault with its remedy, and no secret. */
export class DemoConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(
      `The demo cannot start, the environment does not fit:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
    this.name = 'DemoConfigError';
  }
}
