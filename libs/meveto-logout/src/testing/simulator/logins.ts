/** The state between a person and an application, as Meveto knows it. Instants in epoch milliseconds. */
export type LoginState =
  | { readonly kind: 'never-logged-in' }
  | { readonly kind: 'logged-in'; readonly since: number }
  | { readonly kind: 'logged-out'; readonly at: number }
  | { readonly kind: 'protection-removed'; readonly at: number };

/** Logins of people to applications through Meveto, and their current state. */
export class Logins {
  readonly #states = new Map<string, LoginState>();

  state(mevetoId: string, clientId: string): LoginState {
    return this.#states.get(keyOf(mevetoId, clientId)) ?? { kind: 'never-logged-in' };
  }

  record(mevetoId: string, clientId: string, state: LoginState): void {
    this.#states.set(keyOf(mevetoId, clientId), state);
  }
}

// JSON distinguishes ('a:b', 'c') from ('a', 'b:c') for any ids.
const keyOf = (mevetoId: string, clientId: string): string => JSON.stringify([mevetoId, clientId]);
