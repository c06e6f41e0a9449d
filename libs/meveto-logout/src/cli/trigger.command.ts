import { portOf } from './arguments.js';
import type { Command } from './command.js';
import { CommandError, UsageError } from './errors.js';
import { SIMULATOR_PORT } from './simulator-port.js';

/** Logs a person out at the running simulator. */
export const triggerCommand: Command = {
  usage: 'logout <meveto-id> [--port N]',
  summary: 'Log a person out at the running simulator.',
  help: `Presses "Log out" for a person at the simulator that runs on this machine: it sends the webhook to its
applications. The exit status is 1 if an application does not acknowledge the first attempt.

  --port N        port of the simulator (default: SIMULATOR_PORT, or ${String(SIMULATOR_PORT)})`,
  options: ['port'],
  run: async ({ positionals, values, environment, print }) => {
    const [event, mevetoId, ...others] = positionals;
    if (event !== 'logout' || mevetoId === undefined || others.length > 0) {
      throw new UsageError('Name the event and the person: trigger logout <meveto-id>.');
    }
    const port = portOf(values['port'], environment, 'SIMULATOR_PORT', SIMULATOR_PORT);
    const webhooks = await logOut(port, mevetoId);
    for (const { application, answer } of webhooks) print(`${application}: ${answer}`);
    return webhooks.every(({ acknowledged }) => acknowledged) ? 0 : 1;
  },
};

interface Webhook {
  readonly application: string;
  readonly answer: string;
  readonly acknowledged: boolean;
}

async function logOut(port: number, mevetoId: string): Promise<readonly Webhook[]> {
  const answer = await post(port, { meveto_id: mevetoId });
  if ('people' in answer) {
    throw new CommandError(
      `The simulator knows no ${JSON.stringify(mevetoId)}. It knows: ${answer.people.join(', ')}.`,
    );
  }
  if (answer.webhooks.length === 0) {
    throw new CommandError('No application is registered at the simulator. Start it with --webhook.');
  }
  return answer.webhooks;
}

type SimulatorAnswer = { readonly people: readonly string[] } | { readonly webhooks: readonly Webhook[] };

async function post(port: number, body: object): Promise<SimulatorAnswer> {
  const origin = `http://127.0.0.1:${String(port)}`;
  const headers = { 'content-type': 'application/json' };
  try {
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    const answer: unknown = await (await fetch(`${origin}/simulator/log-out`, init)).json();
    if (isOfSimulator(answer)) return answer;
  } catch {
    // Nothing answers, or something else than the simulator.
  }
  throw new CommandError(
    `No simulator answers at ${origin}. Start it: nestjs-meveto-logout simulator, or give its port with --port.`,
  );
}

const isOfSimulator = (value: unknown): value is SimulatorAnswer =>
  typeof value === 'object' &&
  value !== null &&
  ['people', 'webhooks'].some((name) => Array.isArray((value as Record<string, unknown>)[name]));
