const src = 'libs/meveto-logout/src';
const guard = `${src}/guard`;

/**
 * The mutated files and their tests: only those of the same room, so that a mutant takes seconds. Other tests may
 * kill more mutants. Code that runs only at load time is excluded.
 */
export const ROOMS = {
  exchange: {
    mutate: [`${src}/meveto/token-exchange.service.ts`],
    tests: ['libs/**/meveto/token-exchange.service.spec.ts'],
  },
  sealing: {
    mutate: [
      `${src}/core/{derived-key,digest-key,keyed-digest,open-keys,sealing-key,token-cipher,user-names}.ts`,
    ],
    tests: ['libs/**/core/{keyed-digest,open-keys,token-cipher,user-names}.spec.ts'],
  },
  'session-state': {
    mutate: [`${src}/sessions/{session-validator,options}.ts`],
    tests: ['libs/**/sessions/{session-state,staleness,session-validator,options}.spec.ts'],
  },
  'guard-answers': {
    mutate: [`${guard}/{refusal,refusal-writer,route-policies}.ts`],
    tests: [
      'libs/**/guard/{clearing-cookie,http-session-check,refusal,return-to,route-policies,wants-page}.spec.ts',
    ],
  },
  'guard-checks': {
    mutate: [
      `${guard}/{ended-session-cleanup,graphql-session-check,graphql-request,http-session-check,message-checks,meveto-logout.guard}.ts`,
      `${src}/sessions/session-validator.ts`,
    ],
    tests: [
      'libs/**/guard/{ended-session-cleanup,graphql-session-check,graphql-request,http-session-check,message-checks,session-check-dispatcher}.spec.ts',
      'libs/**/sessions/session-validator.spec.ts',
    ],
  },
  'guard-streams': {
    mutate: [`${src}/sessions/{event-loop-batches,open-connections,session-index}.ts`],
    tests: ['libs/**/sessions/{connection-kinds,event-loop-batches,open-connections,session-index}.spec.ts'],
  },
  inbox: {
    mutate: [`${src}/store/{after-failure,listed-again}.ts`],
    tests: ['libs/**/store/{after-failure,listed-again}.spec.ts', 'test/store/memory-store.e2e-spec.ts'],
  },
  processing: {
    mutate: [`${src}/inbox/{backoff,exchange-limiter,job-processor,memory-token-storage}.ts`],
    tests: ['libs/**/inbox/*.spec.ts'],
  },
};

export function roomOfRun() {
  const room = ROOMS[process.env['MUTATION_ROOM'] ?? ''];
  if (room === undefined) throw new Error('Run it by `npm run test:mutation`.');
  return room;
}
