import { readFileSync } from 'node:fs';
import { parseArgs, parseEnv } from 'node:util';
import type { Command } from './command.js';
import { doctorCommand } from './doctor.command.js';
import type { Environment } from './environment.js';
import { CommandError, UsageError } from './errors.js';
import { schemaCommand } from './schema.command.js';
import { simulatorCommand } from './simulator.command.js';
import { triggerCommand } from './trigger.command.js';

const NAME = 'nestjs-meveto-logout';
const COMMANDS: Readonly<Record<string, Command>> = {
  simulator: simulatorCommand,
  trigger: triggerCommand,
  schema: schemaCommand,
  doctor: doctorCommand,
};

interface Outputs {
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
}

/**
 * Runs one command. Resolves with the exit status: 0, 1 for a fault that the command reports, or 2 for wrong arguments.
 * @param args the arguments after the name of the program
 */
export async function runCommandLine(
  args: readonly string[],
  environment: Environment,
  { print, printError }: Outputs,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    printError(overview());
    return 2;
  }
  if (name === '--help' || name === '-h') {
    print(overview());
    return 0;
  }
  try {
    return await run(name, rest, environment, print);
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof UsageError)) throw error;
    printError(`${NAME}: ${error.message}`);
    if (error instanceof CommandError) return 1;
    printError(`Try: ${NAME} ${Object.hasOwn(COMMANDS, name) ? `${name} ` : ''}--help`);
    return 2;
  }
}

async function run(
  name: string,
  args: readonly string[],
  environment: Environment,
  print: Outputs['print'],
): Promise<number> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new UsageError(`There is no command ${JSON.stringify(name)}.`);
  const { help, envFile, ...given } = parsed(command, args);
  if (!help) return command.run({ ...given, environment: withFile(environment, envFile), print });
  print(helpOf(name, command));
  return 0;
}

interface Parsed {
  readonly positionals: readonly string[];
  readonly values: Readonly<Record<string, string | undefined>>;
  readonly help: boolean;
  readonly envFile: string | undefined;
}

/** @throws {UsageError} when an option is unknown or has no value */
function parsed(command: Command, args: readonly string[]): Parsed {
  const ofCommand = Object.fromEntries(command.options.map((name) => [name, { type: 'string' as const }]));
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...ofCommand,
        env: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const { help = false, env: envFile, ...others } = values;
    return { positionals, values: others, help, envFile };
  } catch (error) {
    // The messages name the option and no value.
    throw new UsageError(error instanceof Error ? error.message : 'The arguments are not understood.');
  }
}

/**
 * The environment with the variables of a file, which do not replace those that are set.
 * @throws {UsageError} when the file cannot be read
 */
function withFile(environment: Environment, path: string | undefined): Environment {
  if (path === undefined) return environment;
  try {
    return { ...parseEnv(readFileSync(path, 'utf8')), ...environment };
  } catch {
    throw new UsageError(`--env: ${JSON.stringify(path)} cannot be read.`);
  }
}

const overview = (): string => {
  const lines = Object.entries(COMMANDS).map(([name, { usage, summary }]) => {
    const call = `${name} ${usage}`;
    return `  ${call.padEnd(44)} ${summary}`;
  });
  return `Usage: ${NAME} <command>\n\n${lines.join('\n')}\n\n${NAME} <command> --help says more.`;
};

const helpOf = (name: string, { usage, help }: Command): string => `Usage: ${NAME} ${name} ${usage}

${help}

  --env FILE      read variables that are not set from this file
  --help          print this text`;
