import type { Store, StoreDefinition } from 'nestjs-meveto-logout';
import type { Gate } from './gate.js';

/** The same object, whose methods stop at the gate before and after they do their work. */
export function gated<T extends object>(target: T, gate: Gate): T {
  return new Proxy(target, {
    get(object, name) {
      const member: unknown = Reflect.get(object, name);
      if (typeof member !== 'function' || typeof name !== 'string') return member;
      return (...given: unknown[]) =>
        passing(gate, name, () => Reflect.apply(member, object, given) as unknown);
    },
  });
}

async function passing(gate: Gate, name: string, work: () => unknown): Promise<unknown> {
  if (name !== 'claim' || gate.hasReceived) await gate.pass(`${name}:before`);
  const result = await gate.run(name, work);
  if (name.startsWith('receive')) gate.hasReceived = true;
  // A claim that found nothing is none.
  if (!Array.isArray(result) || result.length > 0) await gate.pass(`${name}:after`);
  return result;
}

const PORTS: readonly (string | symbol)[] = ['inbox', 'register', 'lease'] satisfies (keyof Store)[];

/** A store whose ports stop at the gate. */
export const gatedStore = (definition: StoreDefinition, gate: Gate): StoreDefinition => ({
  create: (context) =>
    new Proxy(definition.create(context), {
      get(store, name) {
        const member: unknown = Reflect.get(store, name);
        if (typeof member === 'function') return member.bind(store) as unknown;
        return PORTS.includes(name) ? gated(member as object, gate) : member;
      },
    }),
});
