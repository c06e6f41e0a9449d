import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const page = readFileSync('docs/testing.md', 'utf8');
const example = readFileSync('test/testing/everywhere.e2e-spec.ts', 'utf8');

describe('docs/testing.md', () => {
  it('shows the test that this suite runs', () => {
    expect(page).toContain(`\`\`\`ts\n${example}\`\`\`\n`);
  });

  it('imports the same names for Vitest', () => {
    const [forJest = ''] = example.split('\n', 1);
    const forVitest = forJest.replace('@jest/globals', 'vitest');
    expect(forVitest).not.toBe(forJest);
    expect(page).toContain(`\`\`\`ts\n${forVitest}\n\`\`\`\n`);
  });
});
