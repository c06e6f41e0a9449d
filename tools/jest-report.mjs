// Evaluates a run of Jest from the file that `--json --outputFile` writes. Pure functions for `tools/ci.mjs`.

/** The mark of a wrong outcome, see test/chaos/world/wrong-history.ts. */
const WRONG_HISTORY = 'WRONG HISTORY';
/** Suites with a simulated clock: a slow machine excuses no failure there. */
const MODELS = /test\/(inbox\/interleavings|properties\/)/;
const LEFT_OUT = ['pending', 'skipped', 'todo', 'disabled'];

/**
 * @typedef {{ file: string, title: string }} TestName
 * @typedef {{ passed: number, failed: TestName[], leftOut: TestName[] }} Outcome
 * @typedef {{ fullName: string, status: string, failureMessages?: string[] | null }} Assertion
 * @typedef {{ name: string, status: string, message: string, assertionResults: Assertion[] }} FileResult
 * @typedef {{ testResults: FileResult[] }} Report
 */

/**
 * Counts passed, failed and skipped tests. A file that fails without a failed test (it does not load, or a hook after
 * its tests fails) counts as one failure.
 * @param {Report} report @returns {Outcome}
 */
export function outcomeOf(report) {
  const outcomes = report.testResults.map(outcomeOfFile);
  return {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    failed: outcomes.flatMap(({ failed }) => failed),
    leftOut: outcomes.flatMap(({ leftOut }) => leftOut),
  };
}

function outcomeOfFile({ name: file, status, assertionResults }) {
  const named = (test) => ({ file, title: test.fullName });
  const failed = assertionResults.filter((test) => test.status === 'failed').map(named);
  if (status === 'failed' && failed.length === 0) failed.push({ file, title: '(the file)' });
  return {
    passed: assertionResults.filter((test) => test.status === 'passed').length,
    failed,
    leftOut: assertionResults.filter((test) => LEFT_OUT.includes(test.status)).map(named),
  };
}

/**
 * Why the failures of this run must not be repeated; undefined if a second run may excuse them.
 * @param {Report} report @returns {string | undefined}
 */
export function reasonAgainstSecondRun({ testResults }) {
  const failed = testResults.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return 'no test failed';
  const texts = failed.flatMap(({ message, assertionResults }) => [
    message,
    ...assertionResults.flatMap(({ failureMessages }) => failureMessages ?? []),
  ]);
  if (texts.some((text) => text.includes(WRONG_HISTORY))) return 'a wrong history is not repeated';
  if (failed.some(({ name }) => MODELS.test(name))) return 'a model is not repeated';
  return undefined;
}

/**
 * Combines both runs: the second run counts for the files that it repeats.
 * @param {Report} first @param {Report} second
 * @returns {Outcome & { flaky: TestName[] }} `flaky`: failed in the first run, passed in the second
 */
export function outcomeOfBoth(first, second) {
  const again = new Map(second.testResults.map((file) => [file.name, file]));
  const failedFirst = first.testResults.filter(({ status }) => status === 'failed');
  const flaky = failedFirst.flatMap((file) => flakyIn(file, again.get(file.name)));
  const isReplaced = (file) => file.status === 'failed' && ranWhole(again.get(file.name));
  const testResults = first.testResults.map((file) => (isReplaced(file) ? again.get(file.name) : file));
  return { ...outcomeOf({ testResults }), flaky };
}

/** Whether tests of the file were run: a file that does not load again gives no new result. */
const ranWhole = (file) => file !== undefined && file.assertionResults.length > 0;

function flakyIn(file, again) {
  if (!ranWhole(again)) return [];
  const passes = (title) => {
    const tests = again.assertionResults.filter((test) => test.fullName === title);
    return tests.length > 0 && tests.every((test) => test.status === 'passed');
  };
  return outcomeOfFile(file).failed.filter(({ title }) =>
    title === '(the file)' ? again.status === 'passed' : passes(title),
  );
}

/**
 * Reports coverage below the thresholds.
 * @param {Record<string, { pct: number }>} total of coverage-summary.json
 * @param {Record<string, number>} thresholds in percent
 * @returns {string[]}
 */
export const coverageFaults = (total, thresholds) =>
  Object.entries(thresholds)
    // Also a fault if a figure is missing or not a number.
    .filter(([what, least]) => !(total[what]?.pct >= least))
    .map(
      ([what, least]) =>
        `coverage of ${what}: ${String(total[what]?.pct)} %, ${String(least)} % are required`,
    );
