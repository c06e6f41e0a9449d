const WIDTH = 24;

/** Shows on stderr how far the measures are: a bar on a terminal, otherwise one line for each measure. */
export class Progress {
  readonly #isTerminal = process.stderr.isTTY;
  #name = '';

  constructor(private readonly total: number) {}

  /** @param begun number of measures that are over @param share of the running measure, 0 to 1 */
  show(begun: number, name: string, share: number): void {
    if (this.#isTerminal) {
      const filled = Math.round(((begun + share) / this.total) * WIDTH);
      const bar = '█'.repeat(filled).padEnd(WIDTH, '░');
      process.stderr.write(`\r\u001b[K${bar} ${String(begun + 1)}/${String(this.total)} ${name}`);
    } else if (name !== this.#name) {
      process.stderr.write(`${String(begun + 1)}/${String(this.total)} ${name}\n`);
    }
    this.#name = name;
  }

  end(): void {
    if (this.#isTerminal) process.stderr.write('\r\u001b[K');
  }
}
