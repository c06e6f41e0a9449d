// `npm run build && npm run api`: compares what each entry of the built package exports with the listings in libs/meveto-logout/api,
// and exits with 1 if they differ. `npm run api -- --update` rewrites the listings.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { apiListings } from './api-listing.mjs';
import { entries } from './entries.mjs';

const built = new URL('../dist/libs/meveto-logout/', import.meta.url);
const folder = new URL('../libs/meveto-logout/api/', import.meta.url);
const fileOf = (name) => `${name.replaceAll('/', '-')}.txt`;

const all = entries();
const texts = apiListings(all.map(({ file }) => fileURLToPath(new URL(`${file}.d.ts`, built))));
const listings = new Map(all.map(({ name }, index) => [fileOf(name), `${name}\n\n${texts[index]}`]));

function update() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [file, text] of listings) writeFileSync(new URL(file, folder), text);
}

/** The lines of the first text that the second one does not have. */
const linesOnlyIn = (text, other) => {
  const known = new Set(other.split('\n'));
  return text.split('\n').filter((line) => !known.has(line));
};

function check() {
  const committed = new Map(
    readdirSync(folder).map((file) => [file, readFileSync(new URL(file, folder), 'utf8')]),
  );
  for (const file of new Set([...committed.keys(), ...listings.keys()])) {
    const [before, after] = [committed.get(file) ?? '', listings.get(file) ?? ''];
    if (before === after) continue;
    process.exitCode = 1;
    console.log(`${file} differs:`);
    for (const line of linesOnlyIn(before, after)) console.log(`- ${line}`);
    for (const line of linesOnlyIn(after, before)) console.log(`+ ${line}`);
  }
  console.log(
    process.exitCode === 1
      ? 'The public surface has changed. If this is wanted: `npm run api -- --update`.'
      : 'The public surface is as listed.',
  );
}

if (process.argv.includes('--update')) update();
else check();
