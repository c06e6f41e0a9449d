import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The compiled browser part of the logout module, wherever this file was compiled to. */
export const clientFolder = (): string =>
  join(projectFolder(import.meta.dirname), 'dist', 'libs', 'meveto-logout', 'client');

function projectFolder(folder: string): string {
  const manifest = join(folder, 'package.json');
  if (existsSync(manifest) && nameIn(manifest) === 'meveto-nest') return folder;
  const parent = dirname(folder);
  if (parent === folder)
    throw new Error('The project folder was not found: no package.json named meveto-nest above.');
  return projectFolder(parent);
}

function nameIn(manifest: string): unknown {
  const content: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
  return typeof content === 'object' && content !== null && 'name' in content ? content.name : undefined;
}
