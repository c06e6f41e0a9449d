import { refuseArguments } from './arguments.js';
import type { Command } from './command.js';
import type { Finding } from './doctor/finding.js';
import { variable } from './environment.js';
import { webhookAddressOf } from './webhook-address.js';

/** Checks the set-up of a running application. */
export const doctorCommand: Command = {
  usage: '[--webhook URL]',
  summary: 'Check secrets, webhook, Meveto’s API and the clock.',
  help: `Checks the secrets in the environment, that the webhook of the running application refuses a wrong
body and a wrong secret, that Meveto's API answers and accepts the client id, and that the clock agrees
with Meveto's. Prints one line for each check. The exit status is 1 if there is a fault.

  --webhook URL   whole URL of the webhook, with its secret
                  (default: /meveto/webhook/<MEVETO_WEBHOOK_SECRET_PATH> below PUBLIC_URL,
                  or below http://127.0.0.1:<PORT>)

Reads MEVETO_API_URL, MEVETO_CLIENT_ID, MEVETO_CLIENT_SECRET, MEVETO_WEBHOOK_SECRET_PATH, MEVETO_KEY,
MEVETO_KEY_OLD, PUBLIC_URL and PORT. Prints none of the secrets.`,
  options: ['webhook'],
  run: async ({ positionals, values, environment, print }) => {
    refuseArguments(positionals);
    const secret = variable(environment, 'MEVETO_WEBHOOK_SECRET_PATH');
    const address = webhookAddressOf(values['webhook'], environment, secret);
    const { checkMeveto } = await import('./doctor/meveto-api.js');
    const { checkSecrets } = await import('./doctor/secrets.js');
    const { checkWebhook } = await import('./doctor/webhook.js');
    const findings = [
      ...checkSecrets(environment),
      ...(await checkWebhook(address)),
      ...(await checkMeveto(environment)),
    ];
    for (const finding of findings) print(lineOf(finding));
    const count = (level: Finding['level']) => findings.filter((each) => each.level === level).length;
    print(`${counted(count('fault'), 'fault')}, ${counted(count('warning'), 'warning')}`);
    return count('fault') > 0 ? 1 : 0;
  },
};

const lineOf = ({ level, subject, text }: Finding): string => `${level.padEnd(7)}  ${subject}: ${text}`;

const counted = (count: number, noun: string): string => `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
