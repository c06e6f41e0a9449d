import { isAbsolute, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { clientFolder } from './client-folder.js';

describe('clientFolder', () => {
  it('is found from the sources as well', () => {
    expect(isAbsolute(clientFolder())).toBe(true);
    expect(clientFolder().endsWith(join('dist', 'libs', 'meveto-logout', 'client'))).toBe(true);
  });
});
