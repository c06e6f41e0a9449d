import type { ModuleRef } from '@nestjs/core';
import type { Store, StoreDefinition } from '../src/store/store.port.js';

/** A connected store of this definition, as the module has it. */
export async function connectedStore(
  definition: StoreDefinition,
  digestSubject: (mevetoId: string) => string = (mevetoId) => mevetoId,
): Promise<Store> {
  const store = definition.create({ moduleRef: {} as ModuleRef, storeTimeoutMs: 1_000, digestSubject });
  await store.connect();
  return store;
}
