import { Faults, resolveKeys, weaknessOfSecret } from '../../core/index.js';
import { mevetoTable, webhookTable } from '../../meveto/index.js';
import { type Environment, variable } from '../environment.js';
import { fault, type Finding, ok, warning } from './finding.js';

const WORDS = /^(?:[a-z_-]+|[A-Z_-]+|\d+)$/;
const MIN_DISTINCT = 8;

/** Checks the strength of the secrets in the environment. */
export function checkSecrets(environment: Environment): Finding[] {
  return [
    webhookSecret(environment),
    clientSecret(environment),
    ...keys(environment),
    ...shared(environment),
  ];
}

function webhookSecret(environment: Environment): Finding {
  const name = 'MEVETO_WEBHOOK_SECRET_PATH';
  const secret = variable(environment, name);
  if (secret === undefined) {
    return warning(
      name,
      'is not set: others can send webhooks. Set webhook.secretPath: openssl rand -hex 16.',
    );
  }
  const faults = new Faults();
  webhookTable.secretPath.read(name, secret, faults);
  const [found] = faults.found;
  if (found !== undefined) return fault(name, withoutName(found, name));
  return WORDS.test(secret) || new Set(secret).size < MIN_DISTINCT
    ? fault(name, 'can be guessed: it is not random. Make another one: openssl rand -hex 16.')
    : ok(name, `is random text of ${String(secret.length)} characters.`);
}

function clientSecret(environment: Environment): Finding {
  const name = 'MEVETO_CLIENT_SECRET';
  const secret = variable(environment, name);
  const faults = new Faults();
  mevetoTable().clientSecret.read(name, secret, faults);
  const [found] = faults.found;
  if (secret === undefined || found !== undefined) return fault(name, withoutName(found ?? '', name));
  const why = variable(environment, 'MEVETO_KEY') === undefined ? weaknessOfSecret(secret) : undefined;
  return why === undefined
    ? ok(name, 'is strong enough.')
    : fault(name, `${why} Keys are derived from it: ask Meveto for a longer one, or set keys (MEVETO_KEY).`);
}

function keys(environment: Environment): Finding[] {
  const current = variable(environment, 'MEVETO_KEY');
  if (current === undefined) return [];
  const old = variable(environment, 'MEVETO_KEY_OLD');
  const faults = new Faults();
  resolveKeys({ keys: { current, previous: old === undefined ? [] : [old] } }, faults);
  return faults.found.length === 0
    ? [ok('MEVETO_KEY', 'is strong enough.')]
    : faults.found.map((found) =>
        found.startsWith('keys.previous')
          ? fault('MEVETO_KEY_OLD', withoutName(found, 'keys.previous[0]'))
          : fault('MEVETO_KEY', withoutName(found, 'keys.current')),
      );
}

/** A secret that has two purposes is known to more people than each purpose needs. */
function shared(environment: Environment): Finding[] {
  const names = ['MEVETO_CLIENT_SECRET', 'MEVETO_KEY', 'MEVETO_WEBHOOK_SECRET_PATH'];
  const given = names.filter((name) => variable(environment, name) !== undefined);
  return given.flatMap((name, index) =>
    given
      .slice(0, index)
      .filter((other) => variable(environment, other) === variable(environment, name))
      .map((other) => fault(name, `is the same as ${other}: give each a value of its own.`)),
  );
}

const withoutName = (text: string, name: string): string => text.replace(`${name}: `, '');
