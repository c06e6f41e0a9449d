import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { portOf, refuseArguments } from './arguments.js';
import type { Command } from './command.js';
import { type Environment, variable } from './environment.js';
import { CommandError } from './errors.js';
import { SIMULATOR_PORT } from './simulator-port.js';
import { type WebhookAddress, webhookAddressOf } from './webhook-address.js';

/** Runs a local Meveto for an application. */
export const simulatorCommand: Command = {
  usage: '[--webhook URL] [--port N]',
  summary: 'Run a local Meveto, and print the variables for your application.',
  help: `Runs a local Meveto on 127.0.0.1 until Ctrl+C: login, dashboard with "Log out", webhooks with retries.
Prints the variables for your application as a block for .env, and the Meveto IDs of its people. It makes
new secrets; those that are set already are used and not printed.

  --webhook URL   whole URL of your application's webhook, with its secret
                  (default: /meveto/webhook/<MEVETO_WEBHOOK_SECRET_PATH> below PUBLIC_URL,
                  or below http://127.0.0.1:<PORT>, PORT 3000)
  --port N        port of the simulator, 0 for a free one (default: SIMULATOR_PORT, or ${String(SIMULATOR_PORT)})

Reads MEVETO_CLIENT_ID, MEVETO_CLIENT_SECRET, MEVETO_WEBHOOK_SECRET_PATH, PUBLIC_URL, PORT and
SIMULATOR_PORT.`,
  options: ['webhook', 'port'],
  run: async ({ positionals, values, environment, print }) => {
    refuseArguments(positionals);
    const set = settingsOf(values['webhook'], environment);
    const port = portOf(values['port'], environment, 'SIMULATOR_PORT', SIMULATOR_PORT);
    const simulator = await start(port, set);
    print(variables(simulator.url, set, environment));
    print(`\n# Dashboard: ${simulator.url}`);
    print(`# Meveto IDs: ${simulator.people.map(({ mevetoId }) => mevetoId).join(', ')}`);
    print(`# Log one out: nestjs-meveto-logout trigger logout <meveto-id> --port ${String(simulator.port)}`);
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    await simulator.stop();
    return 0;
  },
};

interface Settings {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly webhook: WebhookAddress;
}

function settingsOf(webhook: string | undefined, environment: Environment): Settings {
  const secret = variable(environment, 'MEVETO_WEBHOOK_SECRET_PATH') ?? randomBytes(24).toString('base64url');
  return {
    clientId: variable(environment, 'MEVETO_CLIENT_ID') ?? randomUUID(),
    clientSecret: variable(environment, 'MEVETO_CLIENT_SECRET') ?? randomBytes(32).toString('base64url'),
    webhook: webhookAddressOf(webhook, environment, secret),
  };
}

async function start(port: number, { webhook: { url }, ...client }: Settings) {
  const { MevetoSimulator } = await import('../testing/index.js');
  const simulator = new MevetoSimulator({
    port,
    applications: [{ ...client, name: 'Your application', webhookUrl: url.href, homeUrl: url.origin }],
  });
  try {
    await simulator.start();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'the server failed';
    throw new CommandError(`The simulator cannot use port ${String(port)} (${code}). Give another --port.`);
  }
  return simulator;
}

/** The block for `.env`. */
function variables(
  apiUrl: string,
  { clientId, clientSecret, webhook }: Settings,
  environment: Environment,
): string {
  const pairs = {
    MEVETO_API_URL: apiUrl,
    MEVETO_CLIENT_ID: clientId,
    MEVETO_CLIENT_SECRET: clientSecret,
    MEVETO_WEBHOOK_SECRET_PATH: webhook.secret,
  };
  return Object.entries(pairs)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) =>
      variable(environment, name) === value ? `# ${name} is set` : `${name}=${String(value)}`,
    )
    .join('\n');
}
