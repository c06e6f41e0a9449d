const src = 'libs/meveto-logout/src';
const guard = `${src}/guard`;

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
  'guard-answers': {
    mutate: [
      `${guard}/{clearing-cookie,refusal,refusal-writer,return-to,route-policies,wants-page}.ts`,
      `${src}/observe/one-warning.ts`,
    ],
    tests: ['libs/**/guard/{clearing-cookie,http-gate,refusal,return-to,route-policies,wants-page}.spec.ts'],
  },
  'guard-gates': {
    mutate: [
      `${guard}/{ended-sessions,graphql-gate,graphql-request,http-gate,rpc-gate,session-gates,session-judge,ws-gate}.ts`,
    ],
    tests: [
      'libs/**/guard/{ended-sessions,graphql-gate,graphql-request,http-gate,message-gates,session-gates,session-judge}.spec.ts',
    ],
  },
  'guard-streams': {
    mutate: [`${guard}/open-streams.ts`, `${src}/session/session-index.ts`],
    tests: ['libs/**/guard/open-streams.spec.ts', 'libs/**/session/session-index.spec.ts'],
  },
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
