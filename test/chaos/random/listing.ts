import type { MevetoEvent, ModelMeveto } from '../world/model-meveto.js';

/** Settled calls that the list names all the same: one in this many. */
const NAMED_ALL_THE_SAME = 20;

/**
 * Which calls Meveto's pending list names once it is on: those that the application has not settled, until it was told
 * whose they are, and some that are settled and have to be left alone.
 */
export class Listing {
  readonly #answered = new Set<string>();
  #read: number;

  constructor(
    private readonly meveto: ModelMeveto,
    /** Ids of the events that are settled. */
    private readonly settled: ReadonlySet<string>,
  ) {
    this.#read = meveto.exchanges.length;
  }

  names(event: MevetoEvent): boolean {
    if (this.settled.has(event.id)) return Number(event.id.slice('event-'.length)) % NAMED_ALL_THE_SAME === 0;
    this.#readExchanges();
    return !event.tokens.some((token) => this.#answered.has(token));
  }

  #readExchanges(): void {
    const { exchanges } = this.meveto;
    while (this.#read < exchanges.length && exchanges[this.#read]?.endedAt !== undefined) {
      const exchange = exchanges[this.#read];
      this.#read += 1;
      if (exchange?.outcome === 'person' && exchange.isDelivered) this.#answered.add(exchange.token);
    }
  }
}
