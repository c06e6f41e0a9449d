import { describe, expect, it, jest } from '@jest/globals';

const LIBRARIES = ['@nestjs/terminus', 'prom-client', '@opentelemetry/api'];

/** Loads these modules afresh, and returns which of the libraries they load. */
async function loadedBy(load: () => Promise<object>): Promise<readonly string[]> {
  const loaded: string[] = [];
  jest.resetModules();
  for (const library of LIBRARIES) {
    const real = (await import(library)) as object;
    jest.unstable_mockModule(library, () => {
      loaded.push(library);
      return real;
    });
  }
  jest.resetModules();
  await load();
  return loaded;
}

describe('the entries of the package', () => {
  it('load no library of an adapter for the root', async () => {
    expect(await loadedBy(() => import('nestjs-meveto-logout'))).toEqual([]);
  });

  it.each<[string, string, () => Promise<object>]>([
    ['terminus', '@nestjs/terminus', () => import('nestjs-meveto-logout/terminus')],
    ['prometheus', 'prom-client', () => import('nestjs-meveto-logout/prometheus')],
    ['opentelemetry', '@opentelemetry/api', () => import('nestjs-meveto-logout/opentelemetry')],
  ])('load one library each: %s', async (_entry, library, load) => {
    expect(await loadedBy(load)).toEqual([library]);
  });
});
