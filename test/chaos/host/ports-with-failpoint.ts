import type { Store, StoreDefinition } from 'nestjs-meveto-logout';
import type { Failpoint } from './failpoint.js';

/** Wraps an object: its methods halt at the failpoint before and after their work. */
export function withFailpoint<T extends object>(target: T, failpoint: Failpoint): T {
  return new Proxy(target, {
    get(object, name) {
      const member: unknown = Reflect.get(object, name);
      if (typeof member !== 'function' || typeof name !== 'string') return member;
      return (...given: unknown[]) =>
        passing(failpoint, name, () => Reflect.apply(member, object, given) as unknown);
    },
  });
}

async function passing(failpoint: Failpoint, name: string, work: () => unknown): Promise<unknown> {
  if (name !== 'claim' || failpoint.hasReceived) await failpoint.pass(`${name}:before`);
  const result = await failpoint.run(name, work);
  if (name.startsWith('receive')) failpoint.hasReceived = true;
  // A claim that found nothing does not count.
  if (!Array.isArray(result) || result.length > 0) await failpoint.pass(`${name}:after`);
  return result;
}

const PORTS: readonly (string | symbol)[] = ['inbox', 'logoutStore', 'lease'] satisfies (keyof Store)[];

/** A store whose ports halt at the failpoint. */
export const storeWithFailpoint = (definition: StoreDefinition, failpoint: Failpoint): StoreDefinition => ({
  create: (context) =>
    new Proxy(definition.create(context), {
      get(store, name) {
        const member: unknown = Reflect.get(store, name);
        if (typeof member === 'function') return member.bind(store) as unknown;
        return PORTS.includes(name) ? withFailpoint(member as object, failpoint) : member;
      },
    }),
});
