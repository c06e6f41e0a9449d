// `npm run fuzz -- --bodies 100000 [--seed 42]`: sends fuzzed webhooks to both HTTP adapters.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { bodies: { type: 'string', default: '100000' }, seed: { type: 'string' } },
});
if (!(Number(values.bodies) >= 2_000)) throw new Error('--bodies: 2000 at least; fewer cannot show growth.');
const { status } = spawnSync(
  'npm',
  ['test', '--', '--selectProjects', 'e2e', '--', 'test/meveto/webhook-fuzz'],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      FUZZ_BODIES: values.bodies,
      ...(values.seed === undefined ? {} : { FUZZ_SEED: values.seed }),
    },
  },
);
process.exit(status ?? 1);
