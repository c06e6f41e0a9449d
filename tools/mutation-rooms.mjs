const src = 'libs/meveto-logout/src';

/**
 * What is mutated, and with which tests: those of the same room alone, so that a mutant takes seconds. Tests elsewhere may
 * kill more. What runs only while a module is loaded is left out.
 */
export const ROOMS = {
  exchange: { mutate: [`${src}/exchange/**/*.ts`], tests: [`libs/**/exchange/*.spec.ts`] },
  sealing: { mutate: [`${src}/secrets/**/*.ts`], tests: [`libs/**/secrets/*.spec.ts`] },
  verdict: {
    mutate: [`${src}/model/{session-verdict,staleness}.ts`],
    tests: ['libs/**/model/*.spec.ts', 'libs/**/guard/session-judge.spec.ts'],
  },
  guard: { mutate: [`${src}/guard/**/*.ts`], tests: ['libs/**/guard/*.spec.ts'] },
  inbox: {
    mutate: [`${src}/inbox/**/*.ts`, `${src}/store/memory/memory-{inbox,rows}.ts`],
    tests: ['libs/**/inbox/*.spec.ts', 'test/memory-store.e2e-spec.ts'],
  },
  processing: {
    mutate: [`${src}/worker/{call-processor,failed-attempts,attempt}.ts`],
    tests: ['libs/**/worker/*.spec.ts'],
  },
};

export function roomOfRun() {
  const room = ROOMS[process.env['MUTATION_ROOM'] ?? ''];
  if (room === undefined) throw new Error('Run it by `npm run test:mutation`.');
  return room;
}
