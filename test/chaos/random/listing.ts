import type { MevetoEvent, ModelMeveto } from '../world/model-meveto.js';

/** One in this many finished webhooks is listed all the same. */
const NAMED_ALL_THE_SAME = 20;

/**
 * Decides which webhooks Meveto's list contains: those without an outcome in the application, and some finished ones
 * that the application must ignore.
 */
export class Listing {
  readonly #answered = new Set<string>();
  #read: number;

  constructor(
    private readonly meveto: ModelMeveto,
    /** Ids of the finished events. */
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
