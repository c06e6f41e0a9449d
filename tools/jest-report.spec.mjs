import { describe, expect, it } from '@jest/globals';
import { coverageFaults, outcomeOf, outcomeOfBoth, reasonAgainstSecondRun } from './jest-report.mjs';

const passed = (fullName) => ({ fullName, status: 'passed', failureMessages: [] });
const failed = (fullName, text = 'Error: expected 1, received 2') => ({
  fullName,
  status: 'failed',
  failureMessages: [text],
});
const leftOut = (fullName, status) => ({ fullName, status, failureMessages: [] });
const fileOf = (name, ...assertionResults) => {
  const isFailed = assertionResults.some(({ status }) => status === 'failed');
  const message = assertionResults.flatMap(({ failureMessages }) => failureMessages).join('\n');
  return { name, status: isFailed ? 'failed' : 'passed', message, assertionResults };
};
/** Jest's report of a file that does not load, or whose last hook throws. */
const brokenFile = (name, message = 'Test suite failed to run') => ({
  name,
  status: 'failed',
  message,
  assertionResults: [],
});
const reportOf = (...testResults) => ({ testResults });

const A = '/project/test/guard/a.e2e-spec.ts';
const B = '/project/test/guard/b.e2e-spec.ts';

describe('outcomeOf', () => {
  it('returns the tests of all files', () => {
    const report = reportOf(fileOf(A, passed('one'), failed('two')), fileOf(B, passed('three')));
    expect(outcomeOf(report)).toEqual({ passed: 2, failed: [{ file: A, title: 'two' }], leftOut: [] });
  });

  it.each(['pending', 'skipped', 'todo', 'disabled'])('lists skipped tests: %s', (status) => {
    const report = reportOf(fileOf(A, passed('one'), leftOut('two', status)));
    expect(outcomeOf(report)).toEqual({ passed: 1, failed: [], leftOut: [{ file: A, title: 'two' }] });
  });

  it('counts a file that failed to run as one failure', () => {
    expect(outcomeOf(reportOf(brokenFile(A), fileOf(B, passed('one'))))).toEqual({
      passed: 1,
      failed: [{ file: A, title: '(the file)' }],
      leftOut: [],
    });
  });
});

describe('reasonAgainstSecondRun', () => {
  it('allows a second run for failed tests and for files that failed to run', () => {
    expect(reasonAgainstSecondRun(reportOf(fileOf(A, failed('one'))))).toBeUndefined();
    expect(reasonAgainstSecondRun(reportOf(brokenFile(A)))).toBeUndefined();
  });

  it('refuses a second run when no test failed', () => {
    expect(reasonAgainstSecondRun(reportOf(fileOf(A, passed('one'))))).toBe('no test failed');
  });

  it.each([
    ['a test', fileOf(B, failed('two', 'Error: WRONG HISTORY: applied twice'))],
    ['a hook', brokenFile(B, 'Test suite failed to run\n\n  WRONG HISTORY: log, warn: …<token>')],
  ])(
    'refuses a second run after a wrong history that %s reports, also with other failures',
    (_what, file) => {
      const report = reportOf(fileOf(A, failed('one')), file);
      expect(reasonAgainstSecondRun(report)).toBe('a wrong history is not repeated');
    },
  );

  it('finds the mark of a wrong history in failures only', () => {
    const report = reportOf(fileOf(A, failed('one')), fileOf(B, passed('WRONG HISTORY is said')));
    expect(reasonAgainstSecondRun(report)).toBeUndefined();
  });

  it.each(['test/inbox/interleavings.e2e-spec.ts', 'test/properties/properties.e2e-spec.ts'])(
    'refuses a second run of a model: %s',
    (name) => {
      const file = `/project/${name}`;
      expect(reasonAgainstSecondRun(reportOf(fileOf(file, failed('one'))))).toBe('a model is not repeated');
      expect(reasonAgainstSecondRun(reportOf(fileOf(file, passed('one')), fileOf(A, failed('two'))))).toBe(
        undefined,
      );
    },
  );
});

describe('outcomeOfBoth', () => {
  const first = reportOf(fileOf(A, passed('one'), failed('two')), fileOf(B, passed('three')));

  it('counts a test that passes in the second run as passed, and lists it as flaky', () => {
    expect(outcomeOfBoth(first, reportOf(fileOf(A, passed('one'), passed('two'))))).toEqual({
      passed: 3,
      failed: [],
      leftOut: [],
      flaky: [{ file: A, title: 'two' }],
    });
  });

  it('counts a test as failed if it fails again or is not repeated', () => {
    const kept = { passed: 2, failed: [{ file: A, title: 'two' }], leftOut: [], flaky: [] };
    expect(outcomeOfBoth(first, first)).toEqual(kept);
    expect(outcomeOfBoth(first, reportOf())).toEqual(kept);
    expect(outcomeOfBoth(first, reportOf(brokenFile(A)))).toEqual(kept);
  });

  it('counts a test as failed if it fails only in the second run', () => {
    expect(outcomeOfBoth(first, reportOf(fileOf(A, failed('one'), passed('two'))))).toEqual({
      passed: 2,
      failed: [{ file: A, title: 'one' }],
      leftOut: [],
      flaky: [{ file: A, title: 'two' }],
    });
  });

  it('counts all tests of one title as failed if one of them fails', () => {
    const twice = fileOf(A, passed('one'), passed('two'), failed('two'));
    expect(outcomeOfBoth(first, reportOf(twice)).flaky).toEqual([]);
  });

  it('counts the tests of a file that runs only in the second run', () => {
    expect(outcomeOfBoth(reportOf(brokenFile(A)), reportOf(fileOf(A, passed('one'), passed('two'))))).toEqual(
      {
        passed: 2,
        failed: [],
        leftOut: [],
        flaky: [{ file: A, title: '(the file)' }],
      },
    );
  });
});

describe('coverageFaults', () => {
  const thresholds = { branches: 90, lines: 90 };

  it('returns nothing at or above the thresholds', () => {
    expect(
      coverageFaults({ branches: { pct: 90 }, lines: { pct: 99.5 }, functions: { pct: 1 } }, thresholds),
    ).toEqual([]);
  });

  it('reports a figure that is below its threshold or missing', () => {
    expect(coverageFaults({ branches: { pct: 89.99 }, lines: { pct: 'Unknown' } }, thresholds)).toEqual([
      'coverage of branches: 89.99 %, 90 % are required',
      'coverage of lines: Unknown %, 90 % are required',
    ]);
    expect(coverageFaults({}, thresholds)).toHaveLength(2);
  });
});
