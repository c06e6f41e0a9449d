export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads environment variables and collects every fault, so that one start reports all of them. An empty variable counts
 * as unset.
 */
export class EnvironmentReader {
  readonly faults: string[] = [];

  constructor(private readonly environment: Environment) {}

  text(name: string): string | undefined {
    const value = this.environment[name]?.trim();
    return value === undefined || value === '' ? undefined : value;
  }

  /** Reads a whole number within bounds. Otherwise adds a fault and returns the fallback. */
  integer(name: string, fallback: number, min: number, max: number): number {
    const given = this.text(name);
    if (given === undefined) return fallback;
    const value = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN;
    if (value >= min && value <= max) return value;
    this.fault(
      name,
      `is ${JSON.stringify(given)}, expected a whole number from ${String(min)} to ${String(max)}`,
      `unset it to use ${String(fallback)}`,
    );
    return fallback;
  }

  /** Reads an origin such as `https://example.com`: no path, no query, no password. */
  origin(name: string): URL | undefined {
    const given = this.text(name);
    if (given === undefined) return undefined;
    const url = URL.canParse(given) ? new URL(given) : undefined;
    if (url !== undefined && isOrigin(url)) return url;
    this.fault(
      name,
      'is not an origin',
      'write scheme, host and port only, such as https://example.com or http://localhost:4000',
    );
    return undefined;
  }

  /**
   * @param what the fault, without any secret
   * @param remedy what to do
   */
  fault(name: string, what: string, remedy: string): void {
    this.faults.push(`${name} ${what}: ${remedy}.`);
  }
}

const isOrigin = (url: URL): boolean =>
  (url.protocol === 'http:' || url.protocol === 'https:') &&
  url.pathname === '/' &&
  url.search + url.hash + url.username + url.password === '';
