/** How a person stands with an application, as far as Meveto knows. Instants in epoch milliseconds. */
export type LoginState =
  | { readonly kind: 'never-logged-in' }
  | { readonly kind: 'logged-in'; readonly since: number }
  | { readonly kind: 'logged-out'; readonly at: number }
  | { readonly kind: 'protection-removed'; readonly at: number };

/** Who logged in to which application through Meveto, and what became of it. */
export class LoginRegister {
  readonly #states = new Map<string, LoginState>();

  state(mevetoId: string, clientId: string): LoginState {
    return this.#states.get(keyOf(mevetoId, clientId)) ?? { kind: 'never-logged-in' };
  }

  record(mevetoId: string, clientId: string, state: LoginState): void {
    this.#states.set(keyOf(mevetoId, clientId), state);
  }
}

// JSON keeps ('a:b', 'c') and ('a', 'b:c') apart, whatever the ids contain.
const keyOf = (mevetoId: string, clientId: string): string => JSON.stringify([mevetoId, clientId]);
