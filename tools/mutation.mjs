// `npm run test:mutation [-- room…]`: mutates one room after the other, prints the killed mutants and exits with 1
// below 85 %.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ROOMS } from './mutation-rooms.mjs';

const MINIMUM_PERCENT = 85;
const KILLED = new Set(['Killed', 'Timeout']);
const COUNTED = new Set([...KILLED, 'Survived', 'NoCoverage']);

const rooms = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(ROOMS);
const table = [];
for (const room of rooms) {
  const { status } = spawnSync('npx', ['stryker', 'run'], {
    env: { ...process.env, MUTATION_ROOM: room },
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`The mutation tests of ${room} were aborted.`);
  const { files } = JSON.parse(readFileSync(`reports/mutation-${room}.json`, 'utf8'));
  const states = Object.values(files).flatMap(({ mutants }) => mutants.map((mutant) => mutant.status));
  table.push({
    room,
    killed: states.filter((state) => KILLED.has(state)).length,
    mutants: states.filter((state) => COUNTED.has(state)).length,
  });
}
const sum = (/** @type {'killed' | 'mutants'} */ key) => table.reduce((total, row) => total + row[key], 0);
table.push({ room: 'all', killed: sum('killed'), mutants: sum('mutants') });
for (const { room, killed, mutants } of table) {
  console.log(
    `${room.padEnd(12)} ${String(killed)} of ${String(mutants)}  ${((100 * killed) / mutants).toFixed(1)} %`,
  );
}
process.exitCode = sum('killed') / sum('mutants') >= MINIMUM_PERCENT / 100 ? 0 : 1;
