import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';

/** npm's own script, to run it on another Node. */
export const npmCli =
  process.env['npm_execpath'] ?? join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');

/**
 * Runs a command on a Node and resolves with its output.
 * @throws {Error} with the end of the output, if the status differs from the expected one or the time is over
 */
export function run(node, args, { cwd, env = {}, timeoutMs = 300_000, status: expected = 0 } = {}) {
  const path = `${dirname(node)}:${process.env['PATH'] ?? ''}`;
  // What npm and Jest pass on would change the commands.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_)|TEST_|NODE_(OPTIONS|ENV)$)/.test(name),
  );
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, {
      cwd,
      env: { ...Object.fromEntries(inherited), CI: '1', ...env, PATH: path },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => (output += text));
    }
    child.on('error', reject);
    child.on('close', (status, signal) => {
      if (status === expected) return resolve(output);
      const how = signal === null ? `status ${status}` : `${signal} after ${timeoutMs} ms`;
      reject(new Error(`${args.join(' ')}: ${how}\n${output.slice(-4_000)}`));
    });
  });
}

export const npm = (node, args, options) => run(node, [npmCli, ...args], options);

/** Installs what the package.json of a folder names. Without scripts: the binary of better-sqlite3 is copied in. */
export const npmInstall = (node, cwd) =>
  npm(
    node,
    [
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      '--no-package-lock',
      '--loglevel=error',
    ],
    { cwd, timeoutMs: 600_000 },
  );
