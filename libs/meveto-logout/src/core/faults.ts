/** Collects all faults instead of stopping at the first one. Fault texts never quote a secret. */
export class Faults {
  readonly #found: string[] = [];

  get found(): readonly string[] {
    return this.#found;
  }

  add(text: string): void {
    this.#found.push(text);
  }
}
